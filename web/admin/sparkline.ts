// A small line of recent values: the newest at the right edge, zero at the bottom.

import { svg } from '../shared/dom';

const kWidth = 240;
const kHeight = 48;
const kPoints = 120;

export function sparkline(values: number[], label: string): SVGElement {
  const shown = values.slice(-kPoints);
  const most = Math.max(1, ...shown);
  const x = (index: number) => kWidth - ((shown.length - 1 - index) * kWidth) / (kPoints - 1);
  const y = (value: number) => kHeight - 2 - (value / most) * (kHeight - 6);
  const points = shown.map((value, index) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`);
  const first = shown.length > 0 ? x(0).toFixed(1) : String(kWidth);
  return svg('svg', { class: 'sparkline', viewBox: `0 0 ${kWidth} ${kHeight}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label },
    svg('polygon', { class: 'area', points: `${first},${kHeight} ${points.join(' ')} ${kWidth},${kHeight}` }),
    svg('polyline', { class: 'line', points: points.join(' '), 'vector-effect': 'non-scaling-stroke' }));
}

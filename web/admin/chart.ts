// Lines over the last minutes: time to the right, the newest at the edge, zero at the bottom. Axes carry words;
// a reader of tables gets the same numbers as a table.

import { h, svg } from '../shared/dom';
import { clockTime, rate } from '../shared/format';
import { t } from './texts';

export interface Series {
  name: string;
  kind: 'main' | 'second' | 'target';
  values: number[];      // as many as `times`, oldest first
}

const kWidth = 600;
const kHeight = 150;
const kTableRows = 8;

// 1, 2 or 5 times a power of ten, so that up to five lines reach `most`.
export function niceStep(most: number, lines = 4): number {
  const raw = Math.max(most, 1e-9) / lines;
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= raw) ?? raw;
}

export function chart(title: string, times: number[], series: Series[], unit: string): HTMLElement {
  const from = times[0] ?? 0;
  const until = Math.max(times[times.length - 1] ?? 1, from + 1);
  const step = niceStep(Math.max(1, ...series.flatMap((one) => one.values)));
  const top = Math.max(1, step, Math.ceil(Math.max(...series.flatMap((one) => one.values), 0) / step) * step);
  const x = (at: number) => ((at - from) / (until - from)) * kWidth;
  const y = (value: number) => (1 - value / top) * kHeight;
  const marks: number[] = [];
  for (let value = 0; value <= top + step / 2; value += step) marks.push(value);
  const labels = times.length < 2 ? [] : [from, (from + until) / 2, until];
  const last = (one: Series) => rate(one.values[one.values.length - 1] ?? 0);
  // The drawing is stretched to the room that it has; the labels stand beside it, so that they keep their size.
  return h('figure', { class: 'chart' },
    h('figcaption', null, title, h('span', { class: 'legend' }, series.map((one) => h('span', { class: `key-${one.kind}` }, h('i', { 'aria-hidden': 'true' }), `${one.name} `, h('b', { class: 'number' }, last(one)), ` ${unit}`)))),
    h('div', { class: 'plot' },
      h('div', { class: 'axis-y', 'aria-hidden': 'true' }, [...marks].reverse().map((value) => h('span', null, rate(value)))),
      svg('svg', { viewBox: `0 0 ${kWidth} ${kHeight}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': `${title}: ${series.map((one) => `${one.name} ${last(one)} ${unit}`).join(', ')}` },
        marks.map((value) => svg('line', { class: 'grid', x1: 0, x2: kWidth, y1: y(value).toFixed(1), y2: y(value).toFixed(1), 'vector-effect': 'non-scaling-stroke' })),
        series.map((one) => svg('polyline', { class: `line-${one.kind}`, 'vector-effect': 'non-scaling-stroke', points: one.values.map((value, i) => `${x(times[i]!).toFixed(1)},${y(value).toFixed(1)}`).join(' ') }))),
      h('div', { class: 'axis-x', 'aria-hidden': 'true' }, labels.map((at) => h('span', null, clockTime(at))))),
    table(title, times, series, unit));
}

// A few moments, evenly spread, for those who cannot see the lines.
function table(title: string, times: number[], series: Series[], unit: string): HTMLElement {
  const stride = Math.max(1, Math.ceil(times.length / kTableRows));
  const rows = times.map((at, i) => ({ at, i })).filter(({ i }) => (times.length - 1 - i) % stride === 0);
  return h('details', { class: 'numbers-table' }, h('summary', null, t('as_table')),
    h('div', { class: 'scroll' }, h('table', null, h('caption', { class: 'sr' }, title),
      h('thead', null, h('tr', null, h('th', { scope: 'col' }, t('when')), series.map((one) => h('th', { scope: 'col', class: 'n' }, `${one.name} (${unit})`)))),
      h('tbody', null, rows.map(({ at, i }) => h('tr', { 'data-key': String(at) }, h('th', { scope: 'row', class: 'when' }, clockTime(at)), series.map((one) => h('td', { class: 'n' }, rate(one.values[i] ?? 0)))))))));
}

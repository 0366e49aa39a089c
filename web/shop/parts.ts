// Pieces that several pages share.

import { h, svg, type Child } from '../shared/dom';
import { stopwatch, span } from '../shared/format';
import { pick } from '../shared/language';
import type { OrderState, Phase, Text } from '../shared/types';
import { t, type TextKey } from './texts';

export function phaseChip(phase: Phase, sold_out = false): HTMLElement {
  const taken = sold_out && (phase === 'open' || phase === 'closed');
  return h('span', { class: `chip chip-${taken ? 'out' : phase}` }, taken ? t('sold_out') : t(`phase_${phase}`));
}

export function stateChip(state: OrderState): HTMLElement {
  return h('span', { class: `chip chip-${state}` }, t(`s_${state}`));
}

// "02 : 14 : 33", one tile a field; days only when there are any.
export function countdown(ms: number): HTMLElement {
  const { days, hours, minutes, seconds } = span(ms);
  const field = (value: number, label: TextKey) =>
    h('span', { class: 'field' }, h('b', null, String(value).padStart(2, '0')), h('small', null, t(label)));
  return h('div', { class: 'countdown', role: 'timer', 'aria-label': stopwatch(ms) },
    days > 0 && field(days, 'days'), field(hours, 'hours'), field(minutes, 'minutes'), field(seconds, 'seconds'));
}

// A ring that empties as the hold runs out.
export function ring(left_ms: number, total_ms: number, under = t('time_left'), said?: string): HTMLElement {
  const part = Math.max(0, Math.min(1, left_ms / Math.max(1, total_ms)));
  const length = 2 * Math.PI * 54;
  const text = stopwatch(left_ms);
  const urgent = left_ms < 20_000 || part < 0.15;
  return h('div', { class: urgent ? 'ring urgent' : 'ring', role: 'timer', 'aria-label': said ?? t('hold_ring', { time: text }) },
    svg('svg', { viewBox: '0 0 120 120', 'aria-hidden': 'true' },
      svg('circle', { class: 'track', cx: 60, cy: 60, r: 54 }),
      svg('circle', { class: 'arc', cx: 60, cy: 60, r: 54, 'stroke-dasharray': length.toFixed(1),
        'stroke-dashoffset': (length * (1 - part)).toFixed(1) })),
    h('div', { class: 'ring-text', 'aria-hidden': 'true' }, h('b', null, text), h('small', null, under)));
}

// What staff want everybody in the sale to read; its place is a live region that is always there.
export function banner(text: Text | null | undefined): Child {
  const said = pick(text ?? undefined);
  return said !== '' && h('p', { class: 'banner' }, said);
}

export function notice(kind: 'info' | 'warn' | 'bad' | 'good', ...children: Child[]): HTMLElement {
  return h('div', { class: `notice notice-${kind}` }, ...children);
}

export function empty(title: string, lead: string, ...actions: Child[]): HTMLElement {
  return h('section', { class: 'empty' }, h('h1', null, title), lead !== '' && h('p', { class: 'lead' }, lead),
    actions.length > 0 && h('p', { class: 'actions' }, ...actions));
}

export function skeleton(): HTMLElement {
  return h('div', { class: 'skeleton', 'aria-busy': 'true' },
    h('span', { class: 'sr' }, t('loading')), h('i', { class: 'w40' }), h('i', { class: 'w80 tall' }), h('i', { class: 'w60' }));
}

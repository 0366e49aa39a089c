// The waiting line while it runs: how far it is, how fast it goes and should go, and whether it is full.

import { h, type Child } from '../shared/dom';
import { count, rate } from '../shared/format';
import { chart } from './chart';
import { notice, type AdminSale } from './context';
import type { RateHistory } from './history';
import { t, type TextKey } from './texts';

export function lineCard(sale: AdminSale, history: RateHistory): Child {
  const line = sale.line;
  if (line === undefined || line === null || line.mode === 'off') return null;
  const big = (label: TextKey, value: number, hint?: string) => h('div', { class: 'big' }, h('dt', null, t(label)), h('dd', null, count(value)), hint !== undefined && h('dd', { class: 'under' }, hint));
  const ahead = Math.max(0, line.entries - line.serving);
  const capacity = line.capacity ?? 0;
  return h('section', { class: 'card line-card', 'data-key': 'line' },
    h('h2', null, t('line'), ' ', h('small', null, t(line.mode === 'draw' ? (line.drawn ? 'line_drawn' : 'line_draw_before') : 'line_fifo'))),
    line.full && notice('warn', t('line_full', { n: count(capacity) })),
    h('dl', { class: 'bigs' },
      big('line_entries', line.entries, capacity > 0 ? t('line_of', { n: count(capacity) }) : undefined),
      big('line_serving', line.serving, t('line_ahead', { n: count(ahead) })),
      big('line_claimed', line.claimed, line.left === undefined ? undefined : t('line_left', { n: count(line.left) })),
      big('line_active', line.active)),
    chart(t('line_chart'), history.times(), [
      { name: t('line_claims'), kind: 'main', values: history.of('claim_rate') },
      { name: t('line_target'), kind: 'target', values: history.of('line_rate') }], t('per_second')),
    line.claim_rate < line.rate * 0.8 && line.serving > line.claimed && sale.phase === 'open' && h('p', { class: 'sum' }, t('line_slow', { rate: rate(line.claim_rate), target: rate(line.rate) })));
}

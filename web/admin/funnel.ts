// What became of the hold requests, layer by layer from the outside in: how many each layer refused, and how
// many came through. Of the whole server, since it started.

import { h, type Child } from '../shared/dom';
import { count } from '../shared/format';
import { t, type TextKey } from './texts';

export interface Funnel {
  layers: { layer: string; refused: number; limits?: Record<string, number> }[];
  standby: number;
  granted: number;
}

const kLimits = ['address', 'account', 'server'] as const;

export function funnelCard(funnel: Funnel): HTMLElement {
  const refused = funnel.layers.reduce((sum, layer) => sum + layer.refused, 0);
  const all = refused + funnel.standby + funnel.granted;
  let left = all;
  const row = (key: string, label: Child, answered: number, after: number) => {
    // A progress element needs no inline style, which the policy of the pages forbids.
    const bar = h('progress', { max: String(Math.max(1, all)), value: String(after), 'aria-hidden': 'true' });
    return h('tr', { 'data-key': key }, h('th', { scope: 'row' }, label), h('td', { class: 'n' }, count(answered)), h('td', { class: 'wide' }, bar));
  };
  return h('section', { class: 'card funnel' },
    h('h2', null, t('funnel'), ' ', h('small', null, t('funnel_scope'))),
    h('p', { class: 'sum' }, t('funnel_sum', { all: count(all), granted: count(funnel.granted), standby: count(funnel.standby), refused: count(refused) })),
    h('table', null,
      h('thead', null, h('tr', null, h('th', { scope: 'col' }, t('funnel_layer')), h('th', { scope: 'col', class: 'n' }, t('funnel_answers')), h('th', { scope: 'col', class: 'wide' }, t('funnel_left')))),
      h('tbody', null,
        funnel.layers.map((layer) => row(layer.layer, [layerName(layer.layer), limits(layer.limits)], layer.refused, left -= layer.refused)),
        row('standby', t('standby'), funnel.standby, funnel.granted),
        row('granted', t('funnel_granted'), funnel.granted, funnel.granted))));
}

function layerName(layer: string): string {
  const known: Record<string, TextKey> = { rate_limited: 'f_rate_limited', channel_required: 'f_channel_required', not_open: 'f_not_open', closed: 'f_closed', paused: 'f_paused',
    sold_out: 'f_sold_out', limit_reached: 'f_limit_reached', busy: 'f_busy' };
  const key = known[layer];
  return key === undefined ? layer : t(key);
}

function limits(by: Record<string, number> | undefined): Child {
  const met = kLimits.filter((limit) => (by?.[limit] ?? 0) > 0);
  return met.length > 0 && h('small', null, met.map((limit) => `${t(`f_${limit}`)} ${count(by![limit]!)}`).join(' · '));
}

// What became of the hold requests, layer by layer from the outside in: how many each layer refused, and how
// many came through. Of this sale where the server counts by sale, else of the whole server.

import { h, type Child } from '../shared/dom';
import { count, percent } from '../shared/format';
import type { AdminSale } from './context';
import { t, word } from './texts';

export interface Funnel {
  layers: { layer: string; refused: number; limits?: Record<string, number> }[];
  standby: number;
  granted: number;
}

const kLimits = ['address', 'account', 'server'] as const;

// A sale's own list ends with what was given: units, or a place to wait.
export function funnelOfSale(rows: AdminSale['funnel']): Funnel | null {
  if (rows === undefined) return null;
  const given = (layer: string) => rows.find((row) => row.layer === layer)?.given ?? 0;
  return { layers: rows.flatMap((row) => (row.refused === undefined ? [] : [{ layer: row.layer, refused: row.refused }])), standby: given('standby'), granted: given('granted') };
}

export function funnelCard(funnel: Funnel, of_sale: boolean, all_layers: boolean, toggle: () => void): HTMLElement {
  const refused = funnel.layers.reduce((sum, layer) => sum + layer.refused, 0);
  const all = refused + funnel.standby + funnel.granted;
  const empty = funnel.layers.filter((layer) => layer.refused === 0).length;
  const row = (key: string, kind: string, label: Child, answered: number, hidden = false) => {
    // A progress element needs no inline style, which the policy of the pages forbids.
    const bar = h('progress', { class: kind, max: String(Math.max(1, all)), value: String(answered), 'aria-hidden': 'true' });
    return h('tr', { 'data-key': key, hidden }, h('th', { scope: 'row' }, label), h('td', { class: 'wide' }, bar), h('td', { class: 'n' }, count(answered)), h('td', { class: 'share' }, percent(answered / Math.max(1, all))));
  };
  return h('section', { class: 'card funnel', 'data-key': 'funnel' },
    h('h2', null, t('funnel'), ' ', h('small', null, t(of_sale ? 'funnel_scope_sale' : 'funnel_scope'))),
    h('p', { class: 'sum' }, t('funnel_sum', { all: count(all), granted: count(funnel.granted), standby: count(funnel.standby), refused: count(refused) })),
    h('table', null,
      h('thead', null, h('tr', null, h('th', { scope: 'col' }, t('funnel_layer')), h('th', { scope: 'col', class: 'wide' }, h('span', { class: 'sr' }, t('funnel_bar'))), h('th', { scope: 'col', class: 'n' }, t('funnel_answers')), h('th', { scope: 'col', class: 'share' }, t('funnel_share')))),
      h('tbody', null,
        funnel.layers.map((layer) => row(layer.layer, 'refused', [word('f_', layer.layer), limits(layer.limits)], layer.refused, layer.refused === 0 && !all_layers)),
        row('standby', 'waits', t('standby'), funnel.standby),
        row('granted', 'granted', t('funnel_granted'), funnel.granted))),
    empty > 0 && h('p', null, h('button', { class: 'link', type: 'button', 'aria-expanded': String(all_layers), onclick: toggle }, all_layers ? t('funnel_less') : t('funnel_more', { n: empty }))));
}

function limits(by: Record<string, number> | undefined): Child {
  const met = kLimits.filter((limit) => (by?.[limit] ?? 0) > 0);
  return met.length > 0 && h('small', null, met.map((limit) => `${t(`f_${limit}`)} ${count(by![limit]!)}`).join(' · '));
}

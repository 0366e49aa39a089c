// The head of the sale page: what it is, when it is, how things stand.

import { h, type Child } from '../shared/dom';
import { count, dateTime, stopwatch } from '../shared/format';
import { pick } from '../shared/language';
import { drawLink, linePanel } from './line_view';
import { countdown, phaseChip } from './parts';
import { registration } from './registration_view';
import type { SalePage } from './sale';
import { t } from './texts';
import { d } from './texts_door';

export function hero(page: SalePage): Child {
  const sale = page.sale!;
  const phase = page.phase();
  const free = page.live?.items.reduce((sum, item) => sum + item.free, 0);
  const sold_out = free === 0 && phase === 'open';
  const line = linePanel(page);
  return [
    h('p', { class: 'eyebrow' }, phaseChip(phase, sold_out), h('span', { class: `link-state ${page.connection}` },
      h('i', { 'aria-hidden': 'true' }), t(`push_${page.connection}`))),
    h('h1', null, pick(sale.title)),
    pick(sale.description) !== '' && h('p', { class: 'lead' }, pick(sale.description)),
    // Once the shopper has a hold, or waits, or has bought all he may, that is what the page is about.
    line ?? (!(phase === 'open' && (page.busy() || (page.served() && !page.mayHaveMore()))) && moment(page, sold_out)),
    !page.door.on() && phase !== 'closed' && phase !== 'settled' && !page.busy() && page.gate?.view(),
    registration(page),
  ];
}

function moment(page: SalePage, sold_out: boolean): Child {
  const sale = page.sale!;
  const phase = page.phase();
  const to_opening = page.opensMs() - page.now();
  const box = (headline: Child, hint: Child, right: Child) =>
    h('div', { class: `moment moment-${phase}` }, h('div', { class: 'moment-text' }, h('h2', null, headline), h('p', null, hint)), right);
  switch (phase) {
    case 'draft':
    case 'announced':
    case 'lobby':
      return box(t('headline_before'), page.door.on() ? lobbyHint(page) : page.context.session.account() === null ? t('hint_before_guest') : t('hint_before'),
        h('div', { class: 'clock' }, countdown(to_opening), h('small', null, t('opens_at', { time: dateTime(page.opensMs()) }))));
    case 'open': {
      const to_close = Date.parse(page.closesAt()) - page.now();
      const when = h('div', { class: 'clock' }, h('small', null, to_close < 3_600_000 && to_close > 0
        ? [t('closes_in'), ' ', h('b', { class: 'number' }, stopwatch(to_close))] : t('closes_at', { time: dateTime(page.closesAt()) })));
      if (sold_out) {
        const held = page.live!.items.reduce((sum, item) => sum + item.held, 0);
        return box(t('headline_sold_out'), held > 0 ? t('hint_sold_out_return', { n: count(held) }) : t('hint_sold_out'), when);
      }
      return box(t('headline_open'), t(sale.payment === 'confirmation' ? 'hint_open_booking' : 'hint_open', { time: stopwatch(sale.hold_seconds * 1000) }), when);
    }
    case 'paused':
      return box(t('headline_paused'), t('hint_paused'), null);
    case 'closed':
    case 'settled':
      return box(t('headline_over'), [t(phase === 'closed' ? 'hint_over_return' : 'hint_over'), page.door.drawn_by_lot() && [' ', drawLink(page)]],
        Date.parse(page.closesAt()) <= page.now() && h('div', { class: 'clock' }, h('small', null, t('ended_at', { time: dateTime(page.closesAt()) }))));
  }
}

function lobbyHint(page: SalePage): Child {
  if (page.lobbyMs() === Infinity) return t('hint_before');
  return d(page.door.drawn_by_lot() ? 'lobby_opens' : 'lobby_opens_fifo', { time: dateTime(page.lobbyMs()) });
}

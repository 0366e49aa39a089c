// What the shopper has in this sale: holds to be paid, the standby line, what is paid.

import { h, type Child } from '../shared/dom';
import { clockTime, count, money } from '../shared/format';
import { pick } from '../shared/language';
import type { Line, Order, Standby } from '../shared/types';
import { ring } from './parts';
import type { SalePage } from './sale';
import { t } from './texts';

export function mine(page: SalePage): Child {
  const orders = [...page.orders.values()];
  return [
    orders.filter((order) => order.state === 'awaiting_payment').map((order) => held(page, order)),
    page.standby.map((standby) => waiting(page, standby)),
    orders.filter((order) => order.state === 'paid' || order.state === 'paid_standby').map((order) => paid(page, order)),
  ];
}

function title(page: SalePage, item: string): string {
  return pick(page.sale?.items.find((candidate) => candidate.item === item)?.title) || item;
}

function lines(page: SalePage, list: Line[]): string {
  return list.map((line) => (line.quantity > 1 ? `${title(page, line.item)} × ${line.quantity}` : title(page, line.item))).join(', ');
}

function orderLines(page: SalePage, order: Order): string {
  const of = new Map<string, number>();
  for (const unit of order.units) of.set(unit.item, (of.get(unit.item) ?? 0) + 1);
  return lines(page, [...of].map(([item, quantity]) => ({ item, quantity })));
}

function held(page: SalePage, order: Order): HTMLElement {
  const deadline = Date.parse(order.deadline);
  const turn = page.turn === order.order;
  return h('section', { 'data-key': `h${order.order}`, class: 'panel panel-held' },
    ring(deadline - page.now(), deadline - Date.parse(order.granted_at)),
    h('div', { class: 'panel-text' },
      h('h2', null, turn ? t('turn_title') : t('held_title')),
      h('p', null, turn ? t('turn_lead') : t('held_lead')),
      h('p', { class: 'what' }, orderLines(page, order), ' · ', money(order.amount, order.currency)),
      h('p', { class: 'actions' }, h('a', { class: 'button', href: `/order/${order.order}` }, t('go_checkout')))));
}

function waiting(page: SalePage, standby: Standby): HTMLElement {
  return h('section', { 'data-key': `s${standby.standby}`, class: 'panel panel-standby' },
    h('div', { class: 'position' }, h('b', null, count(standby.position)), h('small', null, t('standby_position'))),
    h('div', { class: 'panel-text' },
      h('h2', null, t('standby_title')),
      h('p', null, t('standby_lead')),
      h('p', { class: 'what' }, lines(page, standby.lines), page.standby_at_ms > 0 && [' · ', t('standby_updated', { time: clockTime(page.standby_at_ms) })]),
      page.leaving === standby.standby
        ? h('div', { 'data-key': 'sure', class: 'sure' }, h('p', null, t('standby_leave_sure')),
            h('p', { class: 'actions' },
              h('button', { class: 'button quiet danger', type: 'button', onclick: () => void page.leaveStandby() }, t('standby_leave')),
              h('button', { class: 'button quiet', type: 'button', onclick: () => { page.leaving = null; page.render(); } }, t('cancel'))))
        : h('p', { 'data-key': 'ask', class: 'actions' },
            h('button', { class: 'link', type: 'button', onclick: () => { page.leaving = standby.standby; page.render(); } }, t('standby_leave')))));
}

function paid(page: SalePage, order: Order): HTMLElement {
  const waits = order.state === 'paid_standby';
  return h('section', { 'data-key': `p${order.order}`, class: 'panel panel-paid' },
    h('i', { class: waits ? 'icon icon-wait' : 'icon icon-done', 'aria-hidden': 'true' }),
    h('div', { class: 'panel-text' },
      h('h2', null, waits ? t('paid_standby_title') : t('my_paid_title')),
      h('p', null, waits ? t('paid_standby_lead') : t('my_paid_lead')),
      h('p', { class: 'what' }, orderLines(page, order), ' · ', money(order.amount, order.currency), ' · ',
        h('a', { href: `/order/${order.order}` }, t('see_order')))));
}

// What an order looks like in each of its states.

import { h, type Child } from '../shared/dom';
import { count, fullTime, money } from '../shared/format';
import { pick } from '../shared/language';
import type { Order, OrderState } from '../shared/types';
import type { OrderPage } from './order';
import { banner, notice, ring, stateChip } from './parts';
import { t } from './texts';

export function orderView(page: OrderPage, order: Order): HTMLElement {
  return h('div', { class: 'order-page' },
    h('div', { 'data-key': 'notice', class: 'order-notice', role: 'status' }, banner(page.notice)),
    order.state === 'awaiting_payment' ? checkout(page, order) : result(page, order),
    summary(page, order));
}

function checkout(page: OrderPage, order: Order): HTMLElement {
  const left = page.leftMs();
  const booking = page.sale?.payment === 'confirmation';
  const payment = order.payment?.state;
  const waits = payment === 'started' || payment === 'unknown';
  return h('section', { 'data-key': 'checkout', class: 'checkout' },
    ring(left, Date.parse(order.deadline) - Date.parse(order.granted_at)),
    h('div', { class: 'checkout-text' },
      h('h1', null, waits ? t('waiting_payment') : t('held_title')),
      h('p', { class: 'lead' }, left <= 0 ? t('hold_over') : waits ? t('waiting_payment_lead') : left < 20_000 ? t('hold_urgent') : t('hold_lead')),
      payment === 'unknown' && notice('warn', t('payment_unknown')),
      payment === 'declined' && notice('bad', t('payment_declined')),
      page.said !== '' && notice('bad', page.said),
      h('p', { class: 'actions' }, booking
        ? h('button', { class: 'button wide', type: 'button', disabled: page.busy !== '' || left <= 0, onclick: () => void page.confirm() },
            page.busy === 'confirm' ? t('confirming') : t('confirm_booking'))
        : h('button', { class: waits ? 'button wide second' : 'button wide', type: 'button', disabled: page.busy !== '' || left <= 0, onclick: () => void page.pay() },
            page.busy === 'pay' ? t('pay_opening') : waits ? t('pay_again') : t('pay', { amount: money(order.amount, order.currency) }))),
      release(page)));
}

function release(page: OrderPage): HTMLElement {
  if (!page.asking_release) {
    return h('p', { 'data-key': 'ask', class: 'actions' }, h('button', { class: 'link', type: 'button', disabled: page.busy !== '',
      onclick: () => { page.asking_release = true; page.render(); } }, t('release')));
  }
  return h('div', { 'data-key': 'sure', class: 'sure' }, h('p', null, t('release_sure')),
    h('p', { class: 'actions' },
      h('button', { class: 'button quiet danger', type: 'button', onclick: () => void page.release() }, t('release_yes')),
      h('button', { class: 'button quiet', type: 'button', onclick: () => { page.asking_release = false; page.render(); } }, t('keep'))));
}

const icons: Record<OrderState, string> = {
  awaiting_payment: 'wait', paid: 'done', paid_standby: 'wait', refunded: 'back', expired: 'over', released: 'over', declined: 'over' };

function result(page: OrderPage, order: Order): HTMLElement {
  const state = order.state as Exclude<OrderState, 'awaiting_payment'>;
  const booking = page.sale?.payment === 'confirmation' || (state === 'paid' && !order.payment && page.sale === null);
  return h('section', { 'data-key': 'result', class: `result result-${state}` },
    h('i', { class: `icon icon-${icons[state]}`, 'aria-hidden': 'true' }),
    h('h1', null, t(`${state}_title`)),
    h('p', { class: 'lead' }, state === 'paid' && booking ? t('booked_lead') : t(`${state}_lead`)),
    h('p', { class: 'actions' },
      state !== 'paid' && h('a', { class: 'button', href: `/s/${order.sale}` }, t('back_to_sale')),
      h('a', { class: state === 'paid' ? 'button' : 'button quiet', href: '/orders' }, t('orders'))));
}

function summary(page: OrderPage, order: Order): HTMLElement {
  const item = (id: string) => page.sale?.items.find((candidate) => candidate.item === id);
  const row = (label: string, value: Child) => h('div', null, h('dt', null, label), h('dd', null, value));
  return h('section', { class: 'summary' },
    h('h2', null, pick(page.sale?.title ?? order.sale_title) || order.sale),
    h('ul', { class: 'units' }, order.units.map((unit) => h('li', { 'data-key': `${unit.item}${unit.unit}` },
      h('span', null, pick(item(unit.item)?.title ?? unit.title) || unit.item, ' ', h('small', null, t('unit_no', { n: count(unit.unit) }))),
      item(unit.item) !== undefined && h('span', { class: 'number' }, money(item(unit.item)!.price, order.currency))))),
    h('dl', null,
      row(t('total'), h('b', { class: 'number' }, money(order.amount, order.currency))),
      row(t('state'), stateChip(order.state)),
      row(t('granted_at'), fullTime(order.granted_at)),
      row(t('order'), h('span', { class: 'id' }, order.order))),
    h('p', null, h('a', { href: `/s/${order.sale}` }, t('back_to_sale'))));
}

// One order for staff: its units, its payments, refund and confirmation.

import { h, patch, type Child } from '../shared/dom';
import { fullTime, money } from '../shared/format';
import { pick } from '../shared/language';
import type { Order, Payment } from '../shared/types';
import { explain, head, may, notice, stateChip, type Context, type OpenPage, type Page } from './context';
import { t } from './texts';

const kPollMs = 5_000;

class OrderPage implements Page {
  private order: Order | null = null;
  private said: { kind: 'good' | 'bad' | 'warn'; text: string } | null = null;
  private refunding = false;
  private busy = false;
  private stopped = false;
  private readonly timer = window.setInterval(() => void this.load(), kPollMs);

  constructor(private readonly root: HTMLElement, private readonly context: Context, private readonly id: string) {
    this.render();
    void this.load();
  }

  stop(): void {
    this.stopped = true;
    clearInterval(this.timer);
  }

  private path(): string {
    return `/api/v1/admin/orders/${encodeURIComponent(this.id)}`;
  }

  private async load(): Promise<void> {
    const answer = await this.context.api.call<Order>(this.path());
    if (this.stopped) return;
    if (answer.ok) this.order = answer.value;
    else if (this.order === null) this.said = { kind: 'warn', text: t('failed', { detail: explain(answer.problem) }) };
    this.render();
  }

  private async act(label: string, call: () => ReturnType<Context['api']['call']>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.render();
    const answer = await call();
    this.busy = false;
    this.refunding = false;
    this.said = answer.ok ? { kind: 'good', text: t('done', { act: label }) } : { kind: 'bad', text: t('refused', { detail: explain(answer.problem) }) };
    this.context.announce(this.said.text);
    await this.load();
  }

  render(): void {
    if (this.stopped) return;
    const order = this.order;
    this.context.title(`${t('order')} ${this.id}`);
    if (order === null) {
      patch(this.root, head([t('order'), ' ', h('span', { class: 'id' }, this.id)]), this.said !== null ? notice(this.said.kind, this.said.text) : h('p', { class: 'soft' }, t('loading')));
      return;
    }
    const fact = (label: string, value: Child) => h('div', null, h('dt', null, label), h('dd', null, value));
    const payments = order.payments ?? (order.payment ? [order.payment] : []);
    patch(this.root,
      head([t('order'), ' ', h('span', { class: 'id' }, order.order)], stateChip(order.state)),
      this.said !== null && notice(this.said.kind, this.said.text),
      h('dl', { class: 'facts' },
        fact(t('sale'), h('a', { href: `/sales/${order.sale}` }, order.sale)),
        fact(t('buyer'), order.email ?? order.buyer ?? '–'),
        fact(t('amount'), money(order.amount, order.currency)),
        fact(t('created'), fullTime(order.created_at ?? order.granted_at)),
        order.state === 'awaiting_payment' && fact(t('deadline'), fullTime(order.deadline)),
        fact(t('unit'), order.units.map((unit) => `${pick(unit.title) || unit.item} #${unit.unit}`).join(', ') || '–')),
      h('section', { class: 'card' }, h('h2', null, t('payments')),
        payments.length === 0 ? h('p', { class: 'soft' }, t('no_payments')) : paymentTable(payments, order.currency)),
      may(this.context, 'operator') && this.actions(order));
  }

  private actions(order: Order): Child {
    if (order.state === 'awaiting_payment') {
      return h('p', { class: 'actions' }, h('button', { class: 'button quiet', type: 'button', disabled: this.busy,
        onclick: () => void this.act(t('confirm_order'), () => this.context.api.call(this.path(), { method: 'PUT', json: { status: 'booked' } })) }, t('confirm_order')));
    }
    if (order.state !== 'paid' && order.state !== 'paid_standby') return null;
    if (!this.refunding) {
      return h('p', { 'data-key': 'ask', class: 'actions' }, h('button', { class: 'button quiet danger', type: 'button', onclick: () => { this.refunding = true; this.said = null; this.render(); } }, t('refund')));
    }
    return h('form', { class: 'details card', onsubmit: (event) => {
      event.preventDefault();
      const reason = String(new FormData(event.target as HTMLFormElement).get('reason') ?? '').trim();
      void this.act(t('refund'), () => this.context.api.call(`${this.path()}/refund`, { method: 'POST', json: { reason } }));
    } },
      h('p', null, t('refund_sure')),
      h('label', null, t('reason'), h('input', { name: 'reason', required: true, maxlength: 200, placeholder: t('reason_hint') })),
      h('p', { class: 'actions' },
        h('button', { class: 'button quiet danger', type: 'submit', disabled: this.busy }, t('refund_button')),
        h('button', { class: 'button quiet', type: 'button', onclick: () => { this.refunding = false; this.render(); } }, t('cancel'))));
  }
}

function paymentTable(payments: Payment[], currency: string): HTMLElement {
  const amount = (value: number | undefined, of: Payment) => (value === undefined ? '–' : money(value, of.currency ?? currency));
  return h('div', { class: 'scroll' }, h('table', { class: 'stack' },
    h('thead', null, h('tr', null, h('th', { scope: 'col' }, t('payment')), h('th', { scope: 'col' }, t('state')), h('th', { scope: 'col', class: 'n' }, t('amount')), h('th', { scope: 'col', class: 'n' }, t('captured')),
      h('th', { scope: 'col' }, t('started')), h('th', { scope: 'col' }, t('reason')))),
    h('tbody', null, payments.map((payment) => h('tr', { 'data-key': payment.payment },
      h('th', { scope: 'row', class: 'id' }, payment.payment),
      h('td', { 'data-label': t('state') }, t(`pay_${payment.state}`)),
      h('td', { class: 'n', 'data-label': t('amount') }, amount(payment.amount, payment)),
      h('td', { class: 'n', 'data-label': t('captured') }, amount(payment.captured, payment)),
      h('td', { 'data-label': t('started') }, payment.started_at === undefined ? '–' : fullTime(payment.started_at)),
      h('td', { 'data-label': t('reason') }, payment.refund_reason || '–'))))));
}

export const openOrder: OpenPage = (root, context, id) => new OrderPage(root, context, id);

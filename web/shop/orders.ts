// The shopper's own orders, with search and a filter by state.

import { h, patch } from '../shared/dom';
import { dateTime, money } from '../shared/format';
import { pick } from '../shared/language';
import { kOrderStates, type Order, type OrderList, type OrderState } from '../shared/types';
import type { Context, OpenPage, Page } from './context';
import { empty, notice, skeleton, stateChip } from './parts';
import { t } from './texts';

const kTypingMs = 300;
const kPollMs = 15_000;

class Orders implements Page {
  private orders: Order[] | null = null;
  private cursor: string | null = null;
  private state: OrderState | '' = '';
  private words = '';
  private failed = false;
  private loading = 0;     // numbers the newest question: older answers are dropped
  private timer: number | undefined;
  private readonly poll = window.setInterval(() => {
    // A reader who has opened further pages keeps what he sees.
    if (document.visibilityState === 'visible' && (this.orders?.length ?? 0) <= 50) void this.load();
  }, kPollMs);

  constructor(private readonly root: HTMLElement, private readonly context: Context) {
    this.account();
  }

  stop(): void {
    clearTimeout(this.timer);
    clearInterval(this.poll);
    this.loading += 1;
  }

  account(): void {
    this.orders = null;
    this.render();
    if (this.context.session.account() !== null) void this.load();
  }

  private async load(more = false): Promise<void> {
    if (this.context.session.account() === null) return;
    const number = ++this.loading;
    const query = new URLSearchParams({ limit: '50' });
    if (this.state !== '') query.set('state', this.state);
    if (this.words !== '') query.set('q', this.words);
    if (more && this.cursor !== null) query.set('cursor', this.cursor);
    const answer = await this.context.general.call<OrderList>(`/api/v1/orders?${query}`);
    if (number !== this.loading) return;
    this.failed = !answer.ok;
    if (answer.ok) {
      this.orders = more ? [...(this.orders ?? []), ...answer.value.orders] : answer.value.orders;
      this.cursor = answer.value.next_cursor || null;
    }
    this.render();
  }

  private choose(state: OrderState | ''): void {
    this.state = state;
    this.render();
    void this.load();
  }

  private typed(event: Event): void {
    this.words = (event.target as HTMLInputElement).value.trim();
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.load(), kTypingMs);
  }

  render(): void {
    this.context.title(t('orders_title'));
    if (this.context.session.account() === null) {
      patch(this.root, empty(t('orders_title'), t('orders_sign_in'), h('a', { class: 'button', href: '/sign-in?next=/orders' }, t('sign_in'))));
      return;
    }
    const filtered = this.words !== '' || this.state !== '';
    const chip = (state: OrderState | '') => h('button', { 'data-key': `f${state}`, type: 'button', class: 'filter', 'aria-pressed': String(this.state === state), onclick: () => this.choose(state) },
      state === '' ? t('all') : t(`s_${state}`));
    patch(this.root,
      h('header', { class: 'intro' }, h('h1', null, t('orders_title'))),
      h('div', { class: 'tools' },
        h('label', { class: 'search' }, h('span', { class: 'sr' }, t('search')),
          h('input', { type: 'search', placeholder: t('search_hint'), maxlength: 200, oninput: (event) => this.typed(event) })),
        h('div', { class: 'filters', role: 'group', 'aria-label': t('state') }, chip(''), kOrderStates.map(chip))),
      this.failed && notice('warn', t('load_failed'), ' ', h('button', { class: 'link', type: 'button', onclick: () => void this.load() }, t('try_again'))),
      this.orders === null ? !this.failed && skeleton()
        : this.orders.length === 0 ? h('p', { class: 'lead none' }, filtered ? t('orders_none_found') : t('orders_none'))
        : h('ul', { class: 'orders' }, this.orders.map(row)),
      this.cursor !== null && h('p', { class: 'actions' }, h('button', { class: 'button quiet', type: 'button', onclick: () => void this.load(true) }, t('more_orders'))));
  }
}

function row(order: Order): HTMLElement {
  const items = new Map<string, number>();
  for (const unit of order.units) {
    const name = pick(unit.title) || unit.item;
    items.set(name, (items.get(name) ?? 0) + 1);
  }
  const names = [...items].map(([name, n]) => (n > 1 ? `${name} × ${n}` : name)).join(', ');
  return h('li', { 'data-key': order.order },
    h('a', { class: 'order-row', href: `/order/${order.order}` },
      h('span', { class: 'order-what' }, h('b', null, names || t('order')), h('small', null, pick(order.sale_title) || order.sale)),
      stateChip(order.state),
      h('span', { class: 'order-money' }, money(order.amount, order.currency)),
      h('small', { class: 'order-when' }, dateTime(order.created_at ?? order.granted_at), ' · ', order.order)));
}

export const open: OpenPage = (root, context) => new Orders(root, context);

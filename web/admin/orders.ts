// Orders of everybody, with search and filters.

import { h, patch } from '../shared/dom';
import { fullTime, money } from '../shared/format';
import { kOrderStates, type Order, type OrderList } from '../shared/types';
import { download } from './download';
import { explain, head, notice, stateChip, type Context, type OpenPage, type Page } from './context';
import { t } from './texts';

const kTypingMs = 300;

class Orders implements Page {
  private orders: Order[] | null = null;
  private cursor: string | null = null;
  private readonly query = { q: '', state: '', sale: '', item: '', from: '', until: '' };
  private saving = false;
  private said = '';
  private loading = 0;
  private timer: number | undefined;

  constructor(private readonly root: HTMLElement, private readonly context: Context) {
    this.render();
    void this.load();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.loading += 1;
  }

  private async load(more = false): Promise<void> {
    const number = ++this.loading;
    const query = this.filters();
    query.set('limit', '50');
    if (more && this.cursor !== null) query.set('cursor', this.cursor);
    const answer = await this.context.api.call<OrderList>(`/api/v1/admin/orders?${query}`);
    if (number !== this.loading) return;
    this.said = answer.ok ? '' : t('failed', { detail: explain(answer.problem) });
    if (answer.ok) {
      this.orders = more ? [...(this.orders ?? []), ...answer.value.orders] : answer.value.orders;
      this.cursor = answer.value.next_cursor || null;
    }
    this.render();
  }

  private filters(): URLSearchParams {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(this.query)) if (value !== '') query.set(name, value);
    return query;
  }

  // The same orders as in the list, all of them.
  private async save(): Promise<void> {
    this.saving = true;
    this.render();
    const answer = await this.context.api.file(`/api/v1/admin/orders.csv?${this.filters()}`);
    this.saving = false;
    this.said = answer.ok ? '' : t('failed', { detail: explain(answer.problem) });
    if (answer.ok) {
      download(answer.value, this.query.sale === '' ? 'orders.csv' : `orders-${this.query.sale}.csv`);
      this.context.announce(t('csv_done'));
    }
    this.render();
  }

  private setTime(name: 'from' | 'until', event: Event): void {
    const value = (event.target as HTMLInputElement).value;
    this.query[name] = value === '' ? '' : new Date(value).toISOString();
    void this.load();
  }

  private set(name: keyof Orders['query'], event: Event): void {
    this.query[name] = (event.target as HTMLInputElement).value.trim();
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.load(), name === 'state' ? 0 : kTypingMs);
  }

  render(): void {
    this.context.title(t('orders'));
    patch(this.root, head(t('orders'), h('button', { class: 'button quiet', type: 'button', disabled: this.saving, onclick: () => void this.save() }, this.saving ? t('csv_busy') : t('csv'))),
      h('div', { class: 'filters' },
        h('label', null, t('search'), h('input', { type: 'search', placeholder: t('search_hint'), maxlength: 200, oninput: (event) => this.set('q', event) })),
        h('label', null, t('sale'), h('input', { type: 'search', maxlength: 64, autocapitalize: 'off', oninput: (event) => this.set('sale', event) })),
        h('label', null, t('state'), h('select', { onchange: (event) => this.set('state', event) },
          h('option', { value: '' }, t('all')), kOrderStates.map((state) => h('option', { value: state }, t(`s_${state}`))))),
        h('label', null, t('item'), h('input', { type: 'search', maxlength: 64, autocapitalize: 'off', oninput: (event) => this.set('item', event) })),
        h('label', null, t('since'), h('input', { type: 'datetime-local', onchange: (event) => this.setTime('from', event) })),
        h('label', null, t('until'), h('input', { type: 'datetime-local', onchange: (event) => this.setTime('until', event) }))),
      this.said !== '' && notice('warn', this.said),
      this.orders === null ? this.said === '' && h('p', { class: 'soft' }, t('loading'))
        : this.orders.length === 0 ? h('p', { class: 'soft' }, t('none')) : table(this.orders),
      this.cursor !== null && h('p', { class: 'actions' }, h('button', { class: 'button quiet', type: 'button', onclick: () => void this.load(true) }, t('more'))));
  }
}

function table(orders: Order[]): HTMLElement {
  return h('div', { class: 'scroll' }, h('table', { class: 'stack' },
    h('thead', null, h('tr', null, [t('order'), t('state'), t('sale'), t('buyer'), t('unit')].map((label) => h('th', { scope: 'col' }, label)),
      h('th', { scope: 'col', class: 'n' }, t('amount')), h('th', { scope: 'col' }, t('created')))),
    h('tbody', null, orders.map((order) => h('tr', { 'data-key': order.order },
      h('th', { scope: 'row' }, h('a', { class: 'id', href: `/orders/${order.order}` }, order.order)),
      h('td', { 'data-label': t('state') }, stateChip(order.state)),
      h('td', { 'data-label': t('sale') }, order.sale),
      h('td', { 'data-label': t('buyer') }, order.email ?? order.buyer ?? ''),
      h('td', { 'data-label': t('unit') }, order.units.map((unit) => `${unit.item} #${unit.unit}`).join(', ')),
      h('td', { class: 'n', 'data-label': t('amount') }, money(order.amount, order.currency)),
      h('td', { 'data-label': t('created') }, fullTime(order.created_at ?? order.granted_at)))))));
}

export const openOrders: OpenPage = (root, context) => new Orders(root, context);

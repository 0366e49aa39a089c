// All sales with their live numbers.

import { h, patch } from '../shared/dom';
import { count, dateTime } from '../shared/format';
import { pick } from '../shared/language';
import { explain, head, may, notice, phaseChip, stockBar, sums, type AdminSale, type Context, type OpenPage, type Page } from './context';
import { t } from './texts';

const kPollMs = 2_000;

class Sales implements Page {
  private sales: AdminSale[] | null = null;
  private said = '';
  private stopped = false;
  private timer: number | undefined;

  constructor(private readonly root: HTMLElement, private readonly context: Context) {
    this.render();
    void this.load();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private async load(): Promise<void> {
    const answer = await this.context.api.call<{ sales: AdminSale[] }>('/api/v1/admin/sales');
    if (this.stopped) return;
    this.said = answer.ok ? '' : t('failed', { detail: explain(answer.problem) });
    if (answer.ok) this.sales = answer.value.sales;
    this.timer = window.setTimeout(() => void this.load(), kPollMs);
    this.render();
  }

  render(): void {
    this.context.title(t('sales'));
    patch(this.root,
      head(t('sales'), may(this.context, 'operator') && h('a', { class: 'button', href: '/new' }, t('new_sale'))),
      this.said !== '' && notice('warn', this.said),
      this.sales === null ? this.said === '' && h('p', { class: 'soft' }, t('loading'))
        : this.sales.length === 0 ? h('p', { class: 'soft' }, t('no_sales')) : this.table(this.sales));
  }

  private table(sales: AdminSale[]): HTMLElement {
    const cell = (label: string, value: number, extra = '') => h('td', { class: `n ${extra}`, 'data-label': label }, count(value));
    return h('div', { class: 'scroll' }, h('table', { class: 'stack' },
      h('thead', null, h('tr', null,
        h('th', { scope: 'col' }, t('sale')), h('th', { scope: 'col' }, t('phase')), h('th', { scope: 'col' }, t('opens')), h('th', { scope: 'col', class: 'wide' }, t('sell_through')),
        [t('sold'), t('held'), t('free'), t('standby'), t('stock')].map((label) => h('th', { scope: 'col', class: 'n' }, label)))),
      h('tbody', null, sales.map((sale) => {
        const total = sums(sale.items);
        return h('tr', { 'data-key': sale.sale },
          h('th', { scope: 'row' }, h('a', { href: `/sales/${sale.sale}` }, pick(sale.title) || sale.sale), h('small', null, sale.sale)),
          h('td', { 'data-label': t('phase') }, phaseChip(sale.phase)),
          h('td', { 'data-label': t('opens') }, dateTime(sale.opens_at)),
          h('td', { class: 'wide' }, stockBar(total, `${t('sold')} ${total.paid}, ${t('held')} ${total.held}, ${t('free')} ${total.free}`)),
          cell(t('sold'), total.paid), cell(t('held'), total.held), cell(t('free'), total.free), cell(t('standby'), total.standby), cell(t('stock'), total.stock));
      }))));
  }
}

export const openSales: OpenPage = (root, context) => new Sales(root, context);

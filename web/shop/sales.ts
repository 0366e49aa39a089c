// The list of sales.

import { Backoff } from '../shared/backoff';
import { h, patch, type Child } from '../shared/dom';
import { dateTime, stopwatch } from '../shared/format';
import { pick } from '../shared/language';
import type { SaleCard } from '../shared/types';
import type { Context, OpenPage, Page } from './context';
import { notice, phaseChip, skeleton } from './parts';
import { t } from './texts';

const kPollMs = 10_000;

class Sales implements Page {
  private sales: SaleCard[] | null = null;
  private failed = false;
  private stopped = false;
  private timer: number | undefined;
  private readonly ticker = window.setInterval(() => this.render(), 1_000);
  private readonly backoff = new Backoff(1_000, 20_000);

  constructor(private readonly root: HTMLElement, private readonly context: Context) {
    this.render();
    void this.load();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    clearInterval(this.ticker);
  }

  private async load(): Promise<void> {
    const answer = await this.context.rush.call<{ sales: SaleCard[] }>('/api/v1/sales', { anonymous: true });
    if (this.stopped) return;
    this.failed = !answer.ok;
    if (answer.ok) {
      this.sales = answer.value.sales;
      this.backoff.reset();
    }
    this.timer = window.setTimeout(() => void this.load(), answer.ok ? kPollMs * (0.8 + 0.4 * Math.random()) : this.backoff.next(answer.problem.retry_after_ms));
    this.render();
  }

  render(): void {
    this.context.title(t('sales'));
    patch(this.root,
      h('header', { class: 'intro' }, h('h1', null, t('sales_title')), h('p', { class: 'lead' }, t('sales_lead'))),
      this.failed && notice('warn', t('offline')),
      this.sales === null ? skeleton() : this.sales.length === 0
        ? h('p', { class: 'lead' }, t('sales_none'))
        : h('ul', { class: 'sales' }, this.sales.map((sale) => this.card(sale))));
  }

  private card(sale: SaleCard): HTMLElement {
    const to_opening = Date.parse(sale.opens_at) - this.context.clock.now();
    const over = sale.phase === 'closed' || sale.phase === 'settled';
    // A sale that was closed early did not end at the time that was planned.
    const when: Child = over ? Date.parse(sale.closes_at) <= this.context.clock.now() && t('ended_at', { time: dateTime(sale.closes_at) })
      : sale.phase === 'open' || sale.phase === 'paused' ? t('closes_at', { time: dateTime(sale.closes_at) })
      : to_opening > 86_400_000 ? t('opens_at', { time: dateTime(sale.opens_at) })
      : to_opening > 0 ? h('span', { class: 'soon' }, `${t('opens_in')} `, h('b', null, stopwatch(to_opening)))
      : t('opening');
    return h('li', { 'data-key': sale.sale, class: over ? 'over' : undefined },
      h('a', { class: 'sale-card', href: `/s/${sale.sale}` },
        h('span', { class: 'sale-card-top' }, phaseChip(sale.phase), h('span', { class: 'when' }, when)),
        h('h2', null, pick(sale.title)),
        pick(sale.description) !== '' && h('p', null, pick(sale.description)),
        h('span', { class: 'go', 'aria-hidden': 'true' }, t('see_sale'))));
  }
}

export const openSales: OpenPage = (root, context) => new Sales(root, context);

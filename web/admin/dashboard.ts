// One sale while it runs: numbers that sum to stock, money, rates, and the controls.

import { h, patch, type Child } from '../shared/dom';
import { clockTime, count, dateTime, money, rate, stopwatch } from '../shared/format';
import { pick } from '../shared/language';
import type { LiveItem } from '../shared/types';
import { explain, head, notice, phaseChip, stockBar, sums, type AdminSale, type Context, type OpenPage, type Page } from './context';
import { Controls } from './controls';
import { funnelCard, type Funnel } from './funnel';
import { RateHistory } from './history';
import { sparkline } from './sparkline';
import { t, word, type TextKey } from './texts';

const kPollMs = 1_000;
const kStaleMs = 4_000;

class Dashboard implements Page {
  private sale: AdminSale | null = null;
  private funnel: Funnel | null = null;
  private said = '';
  private fresh_ms = 0;
  private stopped = false;
  private timer: number | undefined;
  private readonly history = new RateHistory();
  private readonly controls: Controls;
  private readonly numbers = h('div', { class: 'numbers' });
  private readonly side = h('section', { class: 'side' });

  constructor(root: HTMLElement, private readonly context: Context, private readonly id: string) {
    root.append(h('div', { class: 'dashboard' }, this.numbers, this.side));
    this.controls = new Controls(context, id, () => this.render(), () => void this.load());
    this.render();
    void this.load();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private async load(): Promise<void> {
    clearTimeout(this.timer);
    const [answer, funnel] = await Promise.all([
      this.context.api.call<AdminSale>(`/api/v1/admin/sales/${encodeURIComponent(this.id)}`, { deadline_ms: 5_000 }),
      this.context.api.call<Funnel>('/api/v1/admin/funnel', { deadline_ms: 5_000 }),
    ]);
    if (this.stopped) return;
    this.said = answer.ok ? '' : t('failed', { detail: explain(answer.problem) });
    if (funnel.ok) this.funnel = funnel.value;
    if (answer.ok) {
      this.sale = answer.value;
      this.fresh_ms = Date.now();
      if (answer.value.server_time !== undefined) this.context.clock.observe(answer.value.server_time, answer.sent_ms);
      this.history.add(answer.value, Date.now());
    }
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.load(), kPollMs);
    this.render();
  }

  render(): void {
    if (this.stopped) return;
    const sale = this.sale;
    this.context.title(pick(sale?.title) || this.id);
    if (sale === null) {
      patch(this.numbers, head(this.id), this.said === '' ? h('p', { class: 'soft' }, t('loading')) : notice('warn', this.said));
      return;
    }
    const stale = Date.now() - this.fresh_ms > kStaleMs;
    patch(this.numbers,
      head([pick(sale.title) || sale.sale, ' ', h('small', { class: 'id' }, sale.sale)], phaseChip(sale.phase)),
      stale && notice('warn', t('stale', { time: clockTime(this.fresh_ms) })),
      this.clock(sale), this.stock(sale), this.flows(sale), this.funnel !== null && funnelCard(this.funnel));
    patch(this.side, h('h2', null, t('controls')), this.controls.view(sale));
  }

  private clock(sale: AdminSale): HTMLElement {
    const now = this.context.clock.now();
    const to_opening = Date.parse(sale.opens_at) - now;
    const to_close = Date.parse(sale.closes_at) - now;
    const over = sale.phase === 'closed' || sale.phase === 'settled';
    const before = sale.phase === 'draft' || sale.phase === 'announced' || sale.phase === 'lobby';
    const fact = (label: string, value: Child) => h('div', null, h('dt', null, label), h('dd', { class: 'number' }, value));
    return h('dl', { class: 'facts' },
      fact(t('server_time'), clockTime(now)),
      fact(t('opens'), dateTime(sale.opens_at)),
      fact(t('closes'), dateTime(sale.closes_at)),
      before && fact(t('opens_in'), stopwatch(to_opening)),
      !before && !over && fact(t('closes_in'), stopwatch(to_close)),
      over && fact(t('since_close'), sale.reason === undefined ? '–' : word('w_', sale.reason)));
  }

  private stock(sale: AdminSale): HTMLElement {
    const total = sums(sale.items);
    const sum = total.paid + total.held + total.free;
    const values = { sold: count(total.paid), held: count(total.held), free: count(total.free), stock: count(total.stock), sum: count(sum) };
    const big = (kind: string, label: TextKey, value: number) => h('div', { class: `big ${kind}` }, h('dt', null, h('i', { 'aria-hidden': 'true' }), t(label)), h('dd', null, count(value)));
    return h('section', { class: 'card' },
      h('h2', null, t('total')),
      h('dl', { class: 'bigs' }, big('sold', 'sold', total.paid), big('held', 'held', total.held), big('free', 'free', total.free), big('standby', 'standby', total.standby)),
      stockBar(total, t('sum_ok', values)),
      sum === total.stock ? h('p', { class: 'sum' }, t('sum_ok', values)) : notice('bad', t('sum_bad', values)),
      sale.items.length > 1 && h('div', { class: 'scroll' }, h('table', { class: 'stack' },
        h('thead', null, h('tr', null, h('th', { scope: 'col' }, t('item')), h('th', { scope: 'col', class: 'wide' }, t('sell_through')),
          [t('sold'), t('held'), t('free'), t('standby'), t('stock')].map((label) => h('th', { scope: 'col', class: 'n' }, label)))),
        h('tbody', null, sale.items.map((item) => this.row(item))))));
  }

  private row(item: LiveItem & { title?: AdminSale['title'] }): HTMLElement {
    const cell = (label: TextKey, value: number) => h('td', { class: 'n', 'data-label': t(label) }, count(value));
    return h('tr', { 'data-key': item.item },
      h('th', { scope: 'row' }, pick(item.title) || item.item, pick(item.title) !== '' && h('small', null, item.item)),
      h('td', { class: 'wide' }, stockBar(item, `${t('sold')} ${item.paid}, ${t('held')} ${item.held}, ${t('free')} ${item.free}`)),
      cell('sold', item.paid), cell('held', item.held), cell('free', item.free), cell('standby', item.standby), cell('stock', item.stock));
  }

  private flows(sale: AdminSale): HTMLElement {
    const rates = this.history.rates();
    const flow = (label: TextKey, values: number[]) => h('figure', { class: 'flow' },
      h('figcaption', null, t(label), h('b', { class: 'number' }, rate(values[values.length - 1] ?? 0))),
      sparkline(values, `${t(label)}: ${rate(values[values.length - 1] ?? 0)}`));
    const kinds: [string, TextKey][] = [['captured', 'm_captured'], ['fulfilled', 'm_fulfilled'], ['standby', 'm_standby'], ['refund_due', 'm_refund_due'], ['refunded', 'm_refunded']];
    return h('div', { class: 'pair' },
      h('section', { class: 'card' }, h('h2', null, t('rates'), ' ', h('small', null, t('last_minutes', { n: this.history.seconds() }))),
        h('div', { class: 'flows' }, rates.decisions.length > 0 && flow('r_decisions', rates.decisions), flow('r_holds', rates.holds), flow('r_paid', rates.paid))),
      sale.money !== undefined && h('section', { class: 'card' }, h('h2', null, t('money')),
        h('dl', { class: 'money' }, kinds.filter(([kind]) => typeof sale.money![kind] === 'number').map(([kind, label]) =>
          h('div', null, h('dt', null, t(label)), h('dd', { class: 'number' }, money(sale.money![kind]!, sale.currency ?? 'EUR')))))));
  }
}

export const openDashboard: OpenPage = (root, context, id) => new Dashboard(root, context, id);

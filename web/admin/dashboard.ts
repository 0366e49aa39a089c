// One sale while it runs: numbers that sum to stock, money, rates, and the controls.

import { h, patch, type Child } from '../shared/dom';
import { clockTime, count, dateTime, money, rate, stopwatch } from '../shared/format';
import { pick } from '../shared/language';
import type { LiveItem } from '../shared/types';
import { chart } from './chart';
import { explain, head, may, notice, phaseChip, stockBar, sums, type AdminSale, type Context, type OpenPage, type Page } from './context';
import { Controls } from './controls';
import { Events, type Act } from './events';
import { funnelCard, funnelOfSale, type Funnel } from './funnel';
import { RateHistory } from './history';
import { lineCard } from './line_panel';
import { StaffActs } from './staff_acts';
import { staffNames } from './staff_names';
import { t, word, type TextKey } from './texts';

const kPollMs = 1_000;
const kStaleMs = 4_000;
const kActsEvery = 5;   // polls
const kActsShown = 20;

class Dashboard implements Page {
  private sale: AdminSale | null = null;
  private funnel: Funnel | null = null;
  private said = '';
  private fresh_ms = 0;
  private stopped = false;
  private timer: number | undefined;
  private all_layers = false;
  private polls = 0;
  private readonly history = new RateHistory();
  private readonly events = new Events();
  private readonly controls: Controls;
  private readonly acts: StaffActs;
  private readonly numbers = h('div', { class: 'numbers' });
  private readonly side = h('section', { class: 'side', id: 'controls' });

  constructor(root: HTMLElement, private readonly context: Context, private readonly id: string) {
    root.append(h('div', { class: 'dashboard' }, this.numbers, this.side));
    const acted = () => { this.polls = 0; void this.load(); };
    this.controls = new Controls(context, id, () => this.render(), acted);
    this.acts = new StaffActs(context, id, () => this.render(), acted);
    this.render();
    void this.load();
    void staffNames(context).then((names) => this.events.name(names));  // the next poll shows them
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  mayLeave(): boolean {
    return this.acts.mayLeave();
  }

  private async load(): Promise<void> {
    clearTimeout(this.timer);
    const sale = encodeURIComponent(this.id);
    const by_sale = this.sale?.funnel !== undefined;
    const [answer, funnel, acts] = await Promise.all([
      this.context.api.call<AdminSale>(`/api/v1/admin/sales/${sale}`, { deadline_ms: 5_000 }),
      by_sale ? null : this.context.api.call<Funnel>('/api/v1/admin/funnel', { deadline_ms: 5_000 }),
      this.polls++ % kActsEvery === 0 ? this.context.api.call<{ acts: Act[] }>(`/api/v1/admin/acts?sale=${sale}&limit=${kActsShown}`, { deadline_ms: 5_000 }) : null,
    ]);
    if (this.stopped) return;
    if (acts?.ok) this.events.take(acts.value.acts);
    this.said = answer.ok ? '' : t('failed', { detail: explain(answer.problem) });
    if (funnel?.ok) this.funnel = funnel.value;
    if (answer.ok) {
      this.sale = answer.value;
      this.fresh_ms = Date.now();
      if (answer.value.server_time !== undefined) this.context.clock.observe(answer.value.server_time, answer.sent_ms);
      this.history.add(answer.value, Date.now());
      this.events.see(answer.value, Date.now());
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
    const own_funnel = funnelOfSale(sale.funnel);
    const funnel = own_funnel ?? this.funnel;
    const editable = sale.phase === 'draft' && may(this.context, 'operator');
    patch(this.numbers,
      head([pick(sale.title) || sale.sale, ' ', h('small', { class: 'id' }, sale.sale)], phaseChip(sale.phase),
        h('a', { class: 'button quiet to-controls', href: '#controls' }, t('controls')),
        editable && h('a', { class: 'button quiet', href: `/sales/${sale.sale}/edit` }, t('edit_draft'))),
      stale && notice('warn', t('stale', { time: clockTime(this.fresh_ms) })),
      this.clock(sale), this.stock(sale), lineCard(sale, this.history), this.flows(sale),
      funnel !== null && funnelCard(funnel, own_funnel !== null, this.all_layers, () => { this.all_layers = !this.all_layers; this.render(); }), this.events.view());
    patch(this.side, h('h2', null, t('controls')), this.controls.view(sale), this.acts.view(sale));
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
      sale.registrations !== undefined && sale.registrations > 0 && fact(t('registrations'), count(sale.registrations)),
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
    const times = this.history.times();
    const kinds: [string, TextKey][] = [['captured', 'm_captured'], ['fulfilled', 'm_fulfilled'], ['standby', 'm_standby'], ['refund_due', 'm_refund_due'], ['refunded', 'm_refunded']];
    const ms = (value: number | null | undefined) => (value === null || value === undefined ? '–' : t('ms', { n: rate(value) }));
    return h('div', { class: 'pair' },
      h('section', { class: 'card' }, h('h2', null, t('rates'), ' ', h('small', null, t('last_minutes', { n: this.history.seconds() }))),
        h('dl', { class: 'facts' },
          h('div', null, h('dt', null, t('r_decisions')), h('dd', { class: 'number' }, t('each_second', { n: rate(sale.decision_rate ?? 0) }))),
          h('div', null, h('dt', null, t('p50')), h('dd', { class: 'number' }, ms(sale.latency?.p50_ms))),
          h('div', null, h('dt', null, t('p99')), h('dd', { class: 'number' }, ms(sale.latency?.p99_ms)))),
        chart(t('r_chart'), times, [
          { name: t('r_decisions'), kind: 'main', values: this.history.rates('decisions') },
          { name: t('r_paid'), kind: 'second', values: this.history.rates('paid') }], t('per_second')),
        h('p', { class: 'sum' }, t('latency_hint'))),
      sale.money !== undefined && h('section', { class: 'card' }, h('h2', null, t('money')),
        h('dl', { class: 'money' }, kinds.filter(([kind]) => typeof sale.money![kind] === 'number').map(([kind, label]) =>
          h('div', null, h('dt', null, t(label)), h('dd', { class: 'number' }, money(sale.money![kind]!, sale.currency ?? 'EUR')))))));
  }
}

export const openDashboard: OpenPage = (root, context, id) => new Dashboard(root, context, id);

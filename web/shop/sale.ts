// The page of one sale: countdown, items, the button, and what became of the shopper's request.

import { h, patch } from '../shared/dom';
import { stopwatch } from '../shared/format';
import { pick } from '../shared/language';
import type { Live, LiveItem, Me, Order, Phase, Sale, SaleItem, Standby } from '../shared/types';
import { Attempt, type Decision } from './buying';
import type { Context, OpenPage, Page } from './context';
import { LiveFeed } from './live';
import { empty, notice, skeleton } from './parts';
import { itemCard, type Note } from './sale_item';
import { mine } from './sale_mine';
import { hero } from './sale_hero';
import { t } from './texts';

const kTickMs = 250;

export class SalePage implements Page {
  sale: Sale | null = null;
  live: Live | null = null;
  orders = new Map<string, Order>();
  standby: Standby[] = [];
  standby_at_ms = 0;
  turn: string | null = null;            // the order that came from the standby line
  connection: 'push' | 'polling' | 'offline' = 'polling';
  attempt: Attempt | null = null;
  notes = new Map<string, Note>();       // what the last request for each item came to
  quantities = new Map<string, number>();
  leaving: string | null = null;         // standby entry whose leaving is to be confirmed
  private missing = false;
  private failed = false;
  private stopped = false;
  private shown_phase: Phase | null = null;
  private feed: LiveFeed | null = null;
  private readonly ticker = window.setInterval(() => this.tick(), kTickMs);
  private readonly top = h('div', { class: 'sale-hero' });
  private readonly mine = h('div', { class: 'mine' });
  private readonly list = h('div', { class: 'sale-items' });

  constructor(private readonly root: HTMLElement, readonly context: Context, readonly id: string) {
    this.root.replaceChildren(skeleton());
    void this.load();
  }

  stop(): void {
    this.stopped = true;
    clearInterval(this.ticker);
    this.feed?.stop();
    this.attempt?.stop();
  }

  account(): void {
    this.orders.clear();
    this.standby = [];
    this.turn = null;
    this.notes.clear();
    this.attempt?.stop();
    this.attempt = null;
    this.feed?.refresh(true);
    this.render();
  }

  now(): number {
    return this.context.clock.now();
  }

  // The phase as the clock has it: the opening does not wait for a message.
  phase(): Phase {
    const told = this.live?.phase ?? this.sale?.phase ?? 'announced';
    if ((told === 'announced' || told === 'lobby') && this.now() >= this.opensMs()) return 'open';
    return told;
  }

  opensMs(): number {
    return Date.parse(this.live?.opens_at ?? this.sale?.opens_at ?? '');
  }

  closesAt(): string {
    return this.live?.closes_at ?? this.sale?.closes_at ?? '';
  }

  stock(item: string): LiveItem | undefined {
    return this.live?.items.find((candidate) => candidate.item === item);
  }

  ordersOf(item: string, ...states: Order['state'][]): Order[] {
    return [...this.orders.values()].filter((order) =>
      states.includes(order.state) && order.units.some((unit) => unit.item === item));
  }

  // How many more units of the item this buyer may have.
  allowance(item: SaleItem): number {
    const sale = this.sale;
    if (sale === null) return 0;
    let in_sale = 0;
    let of_item = 0;
    for (const order of this.orders.values()) {
      if (order.state !== 'awaiting_payment' && order.state !== 'paid' && order.state !== 'paid_standby') continue;
      in_sale += order.units.length;
      of_item += order.units.filter((unit) => unit.item === item.item).length;
    }
    return Math.max(0, Math.min(sale.per_buyer - in_sale, (item.per_buyer ?? sale.per_buyer) - of_item, item.stock));
  }

  signInLink(): string {
    return `/sign-in?next=/s/${this.id}`;
  }

  async buy(item: string): Promise<void> {
    if (this.attempt !== null) return;  // an answer is still awaited: a repeated click is nothing
    this.notes.delete(item);
    const attempt = new Attempt(this.context.rush, this.id, item, this.quantities.get(item) ?? 1, () => this.render());
    this.attempt = attempt;
    const decision = await attempt.run();
    if (this.attempt !== attempt) return;
    this.attempt = null;
    if (!this.stopped && decision !== undefined) this.take(item, decision);
  }

  giveUp(): void {
    this.attempt?.stop();
    this.attempt = null;
    this.render();
  }

  async leaveStandby(): Promise<void> {
    this.leaving = null;
    const answer = await this.context.rush.call(`/api/v1/sales/${this.id}/standby`, { method: 'DELETE' });
    if (answer.ok || answer.problem.status === 404) {
      this.standby = [];
      this.context.announce(t('standby_left'));
    }
    this.feed?.refresh();
    this.render();
  }

  private take(item: string, decision: Decision): void {
    switch (decision.kind) {
      case 'granted':
        this.context.navigate(`/order/${decision.order.order}`);
        return;
      case 'standby':
        this.standby = [decision.standby, ...this.standby.filter((s) => s.standby !== decision.standby.standby)];
        this.standby_at_ms = this.now();
        this.context.announce(t('say_standby', { n: decision.standby.position }));
        window.scrollTo({ top: 0 });
        break;
      case 'refused':
        if (decision.problem.status === 401) {
          this.context.navigate(this.signInLink());
          return;
        }
        this.notes.set(item, { problem: decision.problem, phase: this.phase() });
        this.feed?.refresh();
    }
    this.render();
  }

  private async load(): Promise<void> {
    const answer = await this.context.rush.call<Sale>(`/api/v1/sales/${encodeURIComponent(this.id)}`, { anonymous: true });
    if (this.stopped) return;
    this.missing = !answer.ok && answer.problem.status === 404;
    this.failed = !answer.ok && !this.missing;
    if (answer.ok) {
      this.sale = answer.value;
      this.root.replaceChildren(this.top, this.mine, this.list);
      this.listen();
    } else if (this.failed) {
      window.setTimeout(() => { if (!this.stopped) void this.load(); }, Math.max(answer.problem.retry_after_ms, 1_000) + Math.random() * 3_000);
    }
    this.render();
  }

  private listen(): void {
    this.feed = new LiveFeed(this.id, this.context.rush, () => this.context.session.current(), this.context.clock, {
      live: (document) => {
        this.live = document;
        this.render();
      },
      me: (document) => this.takeMe(document),
      order: (order) => {
        this.orders.set(order.order, order);
        if (order.cause === 'standby_turn') this.turned(order.order);
        if (order.cause === 'paid') this.context.announce(t('say_paid'));
        this.render();
      },
      standbyLeft: () => this.render(),
      connection: (state) => {
        this.connection = state;
        this.render();
      },
    });
    this.feed.start();
  }

  private takeMe(document: Me): void {
    const waited = this.standby.length > 0;
    const known = this.orders;
    this.orders = new Map(document.orders.map((order) => [order.order, order]));
    this.standby = document.standby;
    this.standby_at_ms = this.now();
    // Without push, a turn shows as an order that takes the place of a standby entry.
    const fresh = document.orders.find((order) => order.state === 'awaiting_payment' && !known.has(order.order));
    if (waited && document.standby.length === 0 && fresh !== undefined) this.turned(fresh.order);
    const first = document.standby[0];
    if (first !== undefined) this.context.announce(t('say_standby', { n: first.position }));
    this.render();
  }

  private turned(order: string): void {
    this.turn = order;
    this.standby = [];
    this.context.announce(t('say_turn'));
    window.scrollTo({ top: 0 });
  }

  private tick(): void {
    if (this.sale === null) return;
    const phase = this.phase();
    const counting = phase === 'announced' || phase === 'lobby' || this.attempt?.waiting;
    if (phase !== this.shown_phase || counting) this.render();
    else this.renderTop();
  }

  private renderTop(): void {
    patch(this.top, hero(this));
    patch(this.mine, mine(this));
    this.title();
  }

  render(): void {
    if (this.stopped) return;
    if (this.missing) {
      this.context.title(t('not_found'));
      patch(this.root, empty(t('not_found'), t('not_found_lead'), h('a', { class: 'button', href: '/' }, t('all_sales'))));
      return;
    }
    if (this.sale === null) {
      patch(this.root, this.failed && notice('warn', t('offline')), skeleton());
      return;
    }
    const phase = this.phase();
    if (this.shown_phase !== null && this.shown_phase !== phase) this.entered(phase);
    this.shown_phase = phase;
    this.renderTop();
    patch(this.list, h('ul', { class: this.sale.items.length === 1 ? 'items single' : 'items' },
      this.sale.items.map((item) => itemCard(this, item))));
  }

  private entered(phase: Phase): void {
    for (const [item, note] of this.notes) if (note.phase !== phase) this.notes.delete(item);
    if (phase === 'open') this.context.announce(t('say_open'));
    if (phase === 'paused') this.context.announce(t('say_paused'));
    if (phase === 'closed') this.context.announce(t('say_over'));
  }

  private title(): void {
    const title = pick(this.sale?.title);
    const waiting = this.standby[0];
    const turn = this.turn !== null && this.orders.get(this.turn)?.state === 'awaiting_payment';
    const phase = this.phase();
    if (turn) this.context.title(t('title_turn', { title }));
    else if (waiting !== undefined) this.context.title(t('title_standby', { n: waiting.position, title }));
    else if (phase === 'open') this.context.title(t('title_open', { title }));
    else if ((phase === 'announced' || phase === 'lobby') && this.opensMs() - this.now() < 3_600_000) {
      this.context.title(t('title_opens', { time: stopwatch(this.opensMs() - this.now()), title }));
    } else this.context.title(title);
  }
}

export const openSale: OpenPage = (root, context, id) => new SalePage(root, context, id);

// The page of one sale: countdown, items, the button, and what became of the shopper's request.

import { h, patch } from '../shared/dom';
import type { Live, LiveItem, Me, Order, Phase, Sale, SaleItem, Standby } from '../shared/types';
import { Attempt, type Decision } from './buying';
import type { Context, OpenPage, Page } from './context';
import { FrontDoor } from './front_door';
import type { Gate } from './gate';
import { LiveFeed } from './live';
import { banner, empty, notice, skeleton } from './parts';
import { itemCard, type Note } from './sale_item';
import { mine } from './sale_mine';
import { hero } from './sale_hero';
import { saleTitle } from './sale_title';
import { t } from './texts';
import { d } from './texts_door';

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
  readonly door = new FrontDoor(this);
  gate: Gate | null = null;              // the check before buying, once it is needed and loaded
  private gate_loading = false;
  private missing = false;
  private failed = false;
  private stopped = false;
  private shown_phase: Phase | null = null;
  private feed: LiveFeed | null = null;
  private readonly ticker = window.setInterval(() => this.tick(), kTickMs);
  private readonly notice = h('div', { role: 'status' });
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
    this.gate?.stop();
    this.door.stop();
  }

  account(): void {
    this.orders.clear();
    this.standby = [];
    this.turn = null;
    this.notes.clear();
    this.attempt?.stop();
    this.attempt = null;
    this.gate?.stop();
    this.gate = null;
    this.door.reset();
    this.prepareGate();
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
    if (told === 'announced' && this.now() >= this.lobbyMs()) return 'lobby';
    return told;
  }

  // Infinity: no lobby is planned.
  lobbyMs(): number {
    const at = Date.parse(this.sale?.lobby_at ?? '');
    return Number.isNaN(at) ? Infinity : at;
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

  // `wish`: what is to be done afterwards by itself.
  signInLink(wish?: 'join' | 'register'): string {
    const back = wish === undefined ? `/s/${this.id}` : encodeURIComponent(`/s/${this.id}?do=${wish}`);
    return `/sign-in?next=${back}`;
  }

  // Does the shopper have something to pay or to wait for, besides a place in line?
  busy(): boolean {
    return this.standby.length > 0 || [...this.orders.values()].some((order) => order.state === 'awaiting_payment');
  }

  served(): boolean {
    return [...this.orders.values()].some((order) => order.state === 'paid' || order.state === 'paid_standby');
  }

  mayHaveMore(): boolean {
    return this.sale?.items.some((item) => this.allowance(item) > 0) ?? false;
  }

  // What goes with requests that the layers in front of the stock look at.
  headers(): Record<string, string> {
    const pass = this.door.pass?.token;
    const check = this.gate?.token() ?? null;
    return { ...(pass === undefined ? {} : { 'onrush-pass': pass }), ...(check === null ? {} : { 'onrush-challenge': check }) };
  }

  async buy(item: string): Promise<void> {
    if (this.attempt !== null) return;  // an answer is still awaited: a repeated click is nothing
    this.notes.delete(item);
    if (this.gate !== null && !this.gate.passed()) {
      this.gate.open(() => void this.buy(item));
      this.render();
      return;
    }
    const way = { headers: () => this.headers(), now: () => this.now(), buyer: this.context.session.account()?.id ?? '0',
      filter: this.sale?.admission?.filter ?? null, personal_path: this.sale?.admission?.purchase_path ?? false };
    const attempt = new Attempt(this.context.rush, this.id, item, this.quantities.get(item) ?? 1, way, () => this.render());
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
        this.door.used();
        this.context.navigate(`/order/${decision.order.order}`);
        return;
      case 'standby':
        this.door.used();
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
        if (decision.problem.code === 'pass_required') this.door.passRefused();
        if (decision.problem.code === 'challenge_required') void this.checkFirst(item);
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
      this.root.replaceChildren(this.notice, this.top, this.mine, this.list);
      this.listen();
      this.door.start();
      this.prepareGate();
    } else if (this.failed) {
      window.setTimeout(() => { if (!this.stopped) void this.load(); }, Math.max(answer.problem.retry_after_ms, 1_000) + Math.random() * 3_000);
    }
    this.render();
  }

  private prepareGate(): void {
    if ((this.sale?.admission?.challenge?.length ?? 0) > 0 && this.context.session.account() !== null) void this.loadGate();
  }

  private async loadGate(): Promise<Gate | null> {
    const account = this.context.session.account();
    if (this.gate !== null || account === null || this.gate_loading) return this.gate;
    this.gate_loading = true;
    const { openGate } = await import('./challenge').catch(() => ({ openGate: null })).finally(() => { this.gate_loading = false; });
    if (openGate === null || this.stopped || this.context.session.account()?.id !== account.id) return null;
    this.gate = openGate({ sale: this.id, account: account.id, call: this.context.rush, headers: () => this.headers(), now: () => this.now(),
      announce: (text) => this.context.announce(text), changed: () => this.render() });
    this.render();
    return this.gate;
  }

  // The server wants a check that it did not ask for before, or did not take the old one.
  private async checkFirst(item: string): Promise<void> {
    const gate = await this.loadGate();
    if (gate === null) return;
    gate.forget();
    gate.open(() => {
      this.notes.delete(item);
      void this.buy(item);
    });
    this.render();
  }

  private listen(): void {
    this.feed = new LiveFeed(this.id, this.context.rush, () => this.context.session.current(), this.context.clock, {
      live: (document) => {
        this.live = document;
        this.door.live();
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
    this.door.tick();
    const counting = phase === 'announced' || phase === 'lobby' || this.attempt?.waiting;
    if (phase !== this.shown_phase || counting) this.render();
    else this.renderTop();
  }

  private renderTop(): void {
    patch(this.notice, banner(this.live?.notice));
    patch(this.top, hero(this));
    patch(this.mine, mine(this));
    this.context.title(saleTitle(this));
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
    if (phase === 'lobby' || phase === 'open') this.door.entered();
    // In a line, the draw and the turn are what there is to say.
    if (phase === 'open' && !this.door.on()) this.context.announce(t('say_open'));
    if (phase === 'open' && this.door.stage() === 'drawing') this.context.announce(d('drawing_title'));
    if (phase === 'paused') this.context.announce(t('say_paused'));
    if (phase === 'closed') this.context.announce(t('say_over'));
  }
}

export const openSale: OpenPage = (root, context, id) => new SalePage(root, context, id);

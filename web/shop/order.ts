// One order: checkout while the hold runs, waiting for the payment, and the result.

import { newKey } from '../shared/api';
import { Backoff } from '../shared/backoff';
import { h, patch } from '../shared/dom';
import { stopwatch } from '../shared/format';
import type { Order, Sale, Text } from '../shared/types';
import type { Context, OpenPage, Page } from './context';
import { LiveFeed } from './live';
import { orderView } from './order_view';
import { empty, skeleton } from './parts';
import { t } from './texts';

const kTickMs = 250;
const kPollWaitingMs = 2_000;   // the provider's answer, or the end of the hold, is near
const kPollMs = 15_000;

export class OrderPage implements Page {
  order: Order | null = null;
  sale: Sale | null = null;
  busy: '' | 'pay' | 'confirm' | 'release' = '';
  asking_release = false;
  said = '';
  notice: Text | null = null;   // what staff say to everybody in the sale
  private missing = false;
  private stopped = false;
  private feed: LiveFeed | null = null;
  private poll_timer: number | undefined;
  private readonly backoff = new Backoff(1_000, 15_000);
  private readonly ticker = window.setInterval(() => this.tick(), kTickMs);
  private pay_key = newKey();
  private said_left = Infinity;

  constructor(private readonly root: HTMLElement, readonly context: Context, readonly id: string) {
    this.render();
    window.addEventListener('pageshow', this.shown);
    document.addEventListener('visibilitychange', this.shown);
    void this.load();
  }

  stop(): void {
    this.stopped = true;
    clearInterval(this.ticker);
    clearTimeout(this.poll_timer);
    window.removeEventListener('pageshow', this.shown);
    document.removeEventListener('visibilitychange', this.shown);
    this.feed?.stop();
  }

  account(): void {
    this.order = null;
    this.missing = false;
    this.feed?.stop();
    this.feed = null;
    void this.load();
    this.render();
  }

  leftMs(): number {
    return this.order === null ? 0 : Date.parse(this.order.deadline) - this.context.clock.now();
  }

  // Back from the provider's page, possibly out of the browser's page cache.
  private readonly shown = () => {
    if (document.visibilityState !== 'visible') return;
    this.busy = '';
    void this.load();
  };

  private path(): string {
    return `/api/v1/orders/${encodeURIComponent(this.id)}`;
  }

  private async load(): Promise<void> {
    clearTimeout(this.poll_timer);
    if (this.context.session.account() === null) return this.render();
    const answer = await this.context.general.call<Order>(this.path());
    if (this.stopped) return;
    if (answer.ok) {
      this.backoff.reset();
      this.take(answer.value);
    } else {
      this.missing = answer.problem.status === 404 || answer.problem.status === 403;
      this.render();
    }
    clearTimeout(this.poll_timer);
    if (this.missing) return;
    const pause = answer.ok ? this.pause() : this.backoff.next(answer.problem.retry_after_ms);
    this.poll_timer = window.setTimeout(() => void this.load(), pause * (0.9 + 0.2 * Math.random()));
  }

  private pause(): number {
    if (this.order?.state !== 'awaiting_payment' || document.visibilityState === 'hidden') return kPollMs;
    const payment = this.order.payment?.state;
    const waits = payment === 'started' || payment === 'unknown' || this.leftMs() < 3_000;
    if (waits && !this.feed?.pushing()) return kPollWaitingMs;
    return waits ? 2 * kPollWaitingMs : kPollMs;
  }

  private take(order: Order): void {
    const before = this.order;
    // A poll that left before a push came back after it: the newer version stays.
    if (before?.version !== undefined && order.version !== undefined && order.version < before.version) return;
    if (before !== null && before.state !== 'awaiting_payment' && order.state === 'awaiting_payment') return;
    this.order = { ...before, ...order };
    if (before !== null && before.state !== order.state && order.state === 'paid') this.context.announce(t('say_paid'));
    if (before?.payment?.state !== 'declined' && order.payment?.state === 'declined') this.pay_key = newKey();
    if (this.feed === null) this.listen(order.sale);
    this.render();
  }

  private listen(sale: string): void {
    this.feed = new LiveFeed(sale, this.context.rush, () => this.context.session.current(), this.context.clock, {
      live: (document) => {
        this.notice = document.notice ?? null;
        this.render();
      },
      me: (document) => {
        const order = document.orders.find((candidate) => candidate.order === this.id);
        if (order !== undefined) this.take(order);
      },
      order: (order) => { if (order.order === this.id) this.take(order); },
      standbyLeft: () => {},
      connection: () => {},
    });
    this.feed.start();
    void this.context.rush.call<Sale>(`/api/v1/sales/${encodeURIComponent(sale)}`, { anonymous: true }).then((answer) => {
      if (!answer.ok || this.stopped) return;
      this.sale = answer.value;
      this.render();
    });
  }

  async pay(): Promise<void> {
    if (this.busy !== '') return;
    this.set('pay');
    const answer = await this.context.general.call<{ url: string }>(`${this.path()}/payments`, { method: 'POST', json: {}, key: this.pay_key });
    if (this.stopped) return;
    if (answer.ok && /^https?:\/\//.test(answer.value.url)) {
      location.assign(answer.value.url);  // the button stays off until the provider's page is there
      return;
    }
    if (answer.ok) this.set('', t('pay_failed', { detail: '' }));
    else if (answer.problem.code === 'wrong_state') this.set('', t('wrong_state'));
    else if (answer.problem.status === 503 || answer.problem.status === 429) this.set('', t('pay_busy'));
    else this.set('', answer.problem.status === 0 ? t('e_offline') : t('pay_failed', { detail: answer.problem.detail }));
    void this.load();
  }

  async confirm(): Promise<void> {
    if (this.busy !== '') return;
    this.set('confirm');
    const answer = await this.context.general.call<Order>(this.path(), { method: 'PUT', json: { status: 'booked' } });
    if (answer.ok) this.take(answer.value);
    this.set('', answer.ok ? '' : answer.problem.detail || t('wrong_state'));
    void this.load();
  }

  async release(): Promise<void> {
    if (this.busy !== '') return;
    this.asking_release = false;
    this.set('release');
    const answer = await this.context.general.call(this.path(), { method: 'DELETE' });
    this.set('', answer.ok ? '' : answer.problem.status === 0 ? t('e_offline') : t('wrong_state'));
    void this.load();
  }

  private set(busy: OrderPage['busy'], said = ''): void {
    this.busy = busy;
    this.said = said;
    if (said !== '') this.context.announce(said);
    this.render();
  }

  private tick(): void {
    if (this.order?.state !== 'awaiting_payment') return;
    const left = this.leftMs();
    // Said aloud at whole minutes and at half a minute; the ring itself is silent.
    const step = left > 60_000 ? Math.ceil(left / 60_000) * 60_000 : left > 30_000 ? 60_000 : 30_000;
    if (step < this.said_left) {
      if (this.said_left !== Infinity && left > 0) this.context.announce(t('say_left', { time: stopwatch(step) }));
      this.said_left = step;
    }
    this.render();
  }

  render(): void {
    if (this.stopped) return;
    if (this.context.session.account() === null) {
      this.context.title(t('order'));
      patch(this.root, empty(t('order_number', { id: this.id }), t('sign_in_order'),
        h('a', { class: 'button', href: `/sign-in?next=/order/${this.id}` }, t('sign_in'))));
    } else if (this.missing) {
      this.context.title(t('order_missing'));
      patch(this.root, empty(t('order_missing'), t('order_missing_lead'), h('a', { class: 'button', href: '/orders' }, t('orders'))));
    } else if (this.order === null) {
      this.context.title(t('order'));
      patch(this.root, skeleton());
    } else {
      const waits = this.order.state === 'awaiting_payment';
      this.context.title(waits ? t('title_hold', { time: stopwatch(this.leftMs()), title: t('checkout') }) : t(`s_${this.order.state}`));
      patch(this.root, orderView(this, this.order));
    }
  }
}

export const open: OpenPage = (root, context, id) => new OrderPage(root, context, id);

// What a sale's page hears: the live document and the buyer's own messages, by WebSocket where that works
// and by polling where it does not. Either way the page never needs a refresh.

import type { Api } from '../shared/api';
import { Backoff } from '../shared/backoff';
import type { ServerClock } from '../shared/clock';
import type { Live, Me, Order } from '../shared/types';

export interface LiveEvents {
  live(document: Live): void;
  me(document: Me): void;
  order(order: Order & { cause?: string }): void;
  standbyLeft(how: string): void;
  connection(state: 'push' | 'polling' | 'offline'): void;
}

const kPollMs = 2_000;          // without push, close to what happens
const kPollIdleMs = 10_000;     // without push, far from it; and with push, as a safety net
const kPollWithPushMs = 30_000;
const kPingMs = 25_000;
const kSilenceMs = 60_000;      // nothing heard for so long: the connection is dead
const kHandshakeMs = 8_000;

export class LiveFeed {
  private socket: WebSocket | null = null;
  private stopped = false;
  private readonly backoff = new Backoff(1_000, 30_000);
  private poll_backoff = new Backoff(2_000, 20_000);
  private timers = new Set<number>();
  private poll_timer: number | undefined;
  private heard_ms = 0;
  private newest_ms = 0;
  private phase = '';
  private opens_ms = Infinity;

  constructor(
    private readonly sale: string,
    private readonly rush: Api,
    private readonly token: () => Promise<string | null>,
    private readonly clock: ServerClock,
    private readonly events: LiveEvents,
  ) {}

  start(): void {
    document.addEventListener('visibilitychange', this.woken);
    window.addEventListener('online', this.woken);
    void this.poll();
    void this.connect();
  }

  stop(): void {
    this.stopped = true;
    document.removeEventListener('visibilitychange', this.woken);
    window.removeEventListener('online', this.woken);
    for (const timer of this.timers) clearTimeout(timer);
    clearTimeout(this.poll_timer);
    this.drop();
  }

  // Signed in or out, or something was done: ask now, and greet again with the right token.
  refresh(new_token = false): void {
    if (new_token) {
      this.drop();
      void this.connect();
    }
    this.schedulePoll(0);
  }

  pushing(): boolean {
    return this.socket?.readyState === WebSocket.OPEN && this.heard_ms > 0;
  }

  private readonly woken = () => {
    if (document.visibilityState !== 'visible') return;
    this.schedulePoll(0);
    if (this.socket === null) {
      this.backoff.reset();
      void this.connect();
    }
  };

  private after(ms: number, task: () => void): void {
    const timer = window.setTimeout(() => {
      this.timers.delete(timer);
      if (!this.stopped) task();
    }, ms);
    this.timers.add(timer);
  }

  private async connect(): Promise<void> {
    const token = await this.token();
    if (this.stopped || this.socket !== null) return;
    const origin = (this.rush.origin || location.origin).replace(/^http/, 'ws');
    let socket: WebSocket;
    try {
      socket = new WebSocket(`${origin}/api/v1/live?sale=${encodeURIComponent(this.sale)}`);
    } catch {
      this.reconnect(0);
      return;
    }
    this.socket = socket;
    this.heard_ms = 0;
    let hint_ms = 0;
    let sent_ms = 0;
    const lost = () => {
      if (this.socket !== socket) return;
      this.drop();
      this.reconnect(hint_ms);
    };
    this.after(kHandshakeMs, () => { if (this.socket === socket && this.heard_ms === 0) lost(); });
    socket.onopen = () => {
      socket.send(JSON.stringify(token === null ? { type: 'hello' } : { type: 'hello', token }));
      const ping = () => {
        if (this.socket !== socket) return;
        if (Date.now() - this.heard_ms > kSilenceMs && this.heard_ms > 0) return lost();
        sent_ms = Date.now();
        if (socket.readyState === WebSocket.OPEN) socket.send('{"type":"ping"}');
        this.after(kPingMs, ping);
      };
      this.after(500, ping);
    };
    socket.onerror = lost;
    socket.onclose = lost;
    socket.onmessage = (event) => {
      if (this.heard_ms === 0) {
        this.backoff.reset();
        this.events.connection('push');
        // What happened between the last poll and the first push is in the documents.
        this.schedulePoll(0);
      }
      this.heard_ms = Date.now();
      const hint = this.hear(String(event.data), sent_ms);
      if (hint >= 0) hint_ms = hint;
    };
  }

  // Returns the hint of a goodbye in ms, or -1.
  private hear(data: string, ping_sent_ms: number): number {
    let message: Record<string, unknown>;
    try {
      message = JSON.parse(data) as Record<string, unknown>;
    } catch {
      return -1;
    }
    switch (message['type']) {
      case 'welcome': this.clock.observe(String(message['server_time'])); break;
      case 'pong': this.clock.observe(String(message['server_time']), ping_sent_ms || undefined); break;
      case 'live': this.takeLive(message as unknown as Live); break;
      case 'order': this.events.order(message as unknown as Order & { cause?: string }); break;
      case 'standby_left':
        this.events.standbyLeft(String(message['how'] ?? ''));
        this.schedulePoll(200);
        break;
      case 'bye': return Number(message['reconnect_in_ms'] ?? 0) || 0;
    }
    return -1;
  }

  // A polled document may come from a cache and be older than what push has said.
  private takeLive(document: Live): void {
    this.clock.observe(document.server_time);
    const made_ms = Date.parse(document.server_time);
    if (made_ms < this.newest_ms) return;
    this.newest_ms = made_ms;
    this.phase = document.phase;
    this.opens_ms = Date.parse(document.opens_at);
    this.events.live(document);
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    this.heard_ms = 0;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onerror = socket.onclose = null;
    socket.close();
  }

  private reconnect(hint_ms: number): void {
    if (this.stopped) return;
    this.events.connection('polling');
    this.schedulePoll(Math.random() * 1_000);
    this.after(this.backoff.next(hint_ms), () => void this.connect());
  }

  private schedulePoll(ms: number): void {
    clearTimeout(this.poll_timer);
    if (!this.stopped) this.poll_timer = window.setTimeout(() => void this.poll(), ms);
  }

  private async poll(): Promise<void> {
    clearTimeout(this.poll_timer);
    const base = `/api/v1/sales/${encodeURIComponent(this.sale)}`;
    const signed_in = (await this.token()) !== null;
    const [live, me] = await Promise.all([
      this.rush.call<Live>(`${base}/live`, { anonymous: true }),
      signed_in ? this.rush.call<Me>(`${base}/me`) : null,
    ]);
    if (this.stopped) return;
    if (live.ok) this.takeLive(live.value);
    if (me?.ok) {
      this.clock.observe(me.value.server_time, me.sent_ms);
      this.events.me(me.value);
    }
    const failed = !live.ok && (live.problem.status === 0 || live.problem.status >= 429);
    if (!failed) this.poll_backoff.reset();
    if (!this.pushing()) this.events.connection(failed ? 'offline' : 'polling');
    const asked = !live.ok ? live.problem.retry_after_ms : 0;
    this.schedulePoll(failed ? this.poll_backoff.next(asked) : this.pause() * (0.8 + 0.4 * Math.random()));
  }

  private pause(): number {
    if (this.pushing()) return kPollWithPushMs;
    if (document.visibilityState === 'hidden') return kPollIdleMs;
    if (this.phase === 'open' || this.phase === 'paused') return kPollMs;
    return this.opens_ms - this.clock.now() < 30_000 && this.phase !== 'settled' ? kPollMs : kPollIdleMs;
  }
}

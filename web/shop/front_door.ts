// The shopper's way through the front door of one sale: registration, place in line, pass. It knows what the
// server said last, asks again when that is due, and does what can be done without a click.

import type { Answer, Call, Problem } from '../shared/api';
import { Backoff } from '../shared/backoff';
import type { LiveLine, Pass, Place } from '../shared/types';
import { rememberCommitment } from './draw_memory';
import type { SalePage } from './sale';
import { d } from './texts_door';
import { count } from '../shared/format';

export type Act = 'join' | 'leave' | 'claim' | 'register' | 'unregister';
export type Stage =
  | 'off'       // the sale has no line
  | 'before'    // no place can be taken yet
  | 'guest' | 'unknown' | 'none'
  | 'lobby' | 'drawing' | 'waiting' | 'called' | 'claimed' | 'used'
  | 'over';
export type Chance = 'good' | 'likely' | 'return' | 'none';

const kAgainMs = 30_000;          // how often the place is asked for while it waits, at least …
const kAgainMaxMs = 120_000;
const kPlacesPerSecond = 2_000;   // … and so that a whole line asks no more than this
const kDrawnPerSecond = 4_000;    // the same for the moment when everybody wants the drawn place
const kDrawnSpreadMaxMs = 10_000;
const kClaimAgainMaxMs = 5_000;
const kTriesMax = 8;
const kSayAhead = [5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10, 5, 2, 1, 0];

export class FrontDoor {
  place: Place | null = null;
  pass: Pass | null = null;
  registered: boolean | undefined;            // undefined: not known
  busy: Act | null = null;
  refused: { act: Act; problem: Problem } | null = null;
  again_at_ms = 0;                            // Date.now() of the next try, while one is waited for
  asking_leave = false;
  left = false;
  lapsed = false;                             // a turn went by unused: the next one is taken by hand
  held_back = false;                          // called, but as many as may shop at once are inside
  updated_ms = 0;                             // the server's time of what is shown
  private asked = false;
  private draw_asked = false;
  private stopped = false;
  private timer: number | undefined;
  private claim_after_ms = 0;
  private said_ahead = Infinity;
  private asking = 0;                         // numbers the newest question: older answers are dropped
  private readonly claim_backoff = new Backoff(800, 8_000);
  private readonly load_backoff = new Backoff(1_000, 20_000);

  constructor(private readonly page: SalePage) {
    document.addEventListener('visibilitychange', this.woken);
  }

  // The sale is known now, or another account is: ask for everything that is this shopper's.
  start(): void {
    const sale = this.page.sale;
    if (sale?.draw && this.ahead_of_opening()) rememberCommitment(sale.sale, sale.draw.commitment);
    if (this.account() === null) return;
    const wish = new URLSearchParams(location.search).get('do');
    if (wish !== null) history.replaceState(null, '', location.pathname);
    if (this.on()) void this.load().then(() => { if (wish === 'join' && this.stage() === 'none') void this.join(); });
    if (this.registers()) void this.loadRegistration().then(() => { if (wish === 'register' && this.registered === false) void this.register(); });
  }

  account(): string | null {
    return this.page.context.session.account()?.id ?? null;
  }

  reset(): void {
    clearTimeout(this.timer);
    this.asking += 1;
    this.place = null;
    this.pass = null;
    this.registered = undefined;
    this.refused = null;
    this.busy = null;
    this.asking_leave = this.left = this.lapsed = this.held_back = this.asked = this.draw_asked = false;
    this.said_ahead = Infinity;
    this.start();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    document.removeEventListener('visibilitychange', this.woken);
  }

  on(): boolean {
    const mode = this.page.sale?.line?.mode ?? 'off';
    return mode !== 'off';
  }

  drawn_by_lot(): boolean {
    return this.page.sale?.line?.mode === 'draw';
  }

  registers(): boolean {
    return (this.page.sale?.admission?.registration ?? 'off') !== 'off';
  }

  line(): LiveLine | null {
    return this.page.live?.line ?? null;
  }

  ahead_of_opening(): boolean {
    const phase = this.page.phase();
    return phase === 'draft' || phase === 'announced' || phase === 'lobby';
  }

  stage(): Stage {
    if (!this.on()) return 'off';
    const phase = this.page.phase();
    if (phase === 'closed' || phase === 'settled') return 'over';
    if (phase === 'draft' || phase === 'announced') return 'before';
    if (this.account() === null) return 'guest';
    if (this.place === null) return this.asked ? 'none' : 'unknown';
    if (this.place.state === 'left') return 'none';
    if (this.place.state === 'used') return 'used';
    if (this.place.state === 'claimed' && this.passLeftMs() > 0) return 'claimed';
    if (this.place.number === null) return phase === 'lobby' ? 'lobby' : 'drawing';
    if (phase === 'lobby') return 'lobby';
    return this.serving() >= this.place.number ? 'called' : 'waiting';
  }

  serving(): number {
    return Math.max(this.line()?.serving ?? 0, this.place?.serving ?? 0);
  }

  ahead(): number {
    return Math.max(0, (this.place?.number ?? 0) - this.serving() - 1);
  }

  passLeftMs(): number {
    const ends = this.pass?.expires_at ?? this.place?.pass_expires_at;
    return ends ? Date.parse(ends) - this.page.now() : 0;
  }

  // May this shopper ask for a hold, as far as the line goes?
  mayBuy(): boolean {
    return !this.on() || (this.pass !== null && this.passLeftMs() > 0);
  }

  chance(): Chance | null {
    const line = this.line();
    const number = this.place?.number ?? null;
    if (line === null || number === null) return null;
    const items = this.page.live?.items ?? [];
    // What is held but not paid may still come back, so that "never" would be said too early.
    const held = items.reduce((sum, item) => sum + item.held, 0);
    if (!line.can_win || number > line.win_up_to) return number - Math.max(line.win_up_to, line.serving) <= held ? 'return' : 'none';
    const free = items.reduce((sum, item) => sum + item.free, 0);
    const before = this.ahead() + line.active;
    if (free > before * (this.page.sale?.per_buyer ?? 1)) return 'good';
    return free > before ? 'likely' : 'return';
  }

  // The server's estimate, shortened as the line goes on. Null: the line does not move steadily enough to say.
  eta(): { low: number; high: number } | null {
    const then = this.place?.eta_seconds ?? null;
    if (then === null || this.place?.ahead === null || this.place === null) return null;
    const part = (this.ahead() + 1) / (this.place.ahead + 1);
    return { low: then.low * part, high: then.high * part };
  }

  live(): void {
    this.updated_ms = Date.parse(this.page.live?.server_time ?? '') || this.updated_ms;
    const stage = this.stage();
    if (stage === 'drawing' && (this.line()?.drawn ?? false)) {
      const spread_ms = Math.min(kDrawnSpreadMaxMs, (1_000 * (this.line()?.lobby_entries ?? 0)) / kDrawnPerSecond);
      if (!this.draw_asked) this.schedule(200 + Math.random() * spread_ms);
      this.draw_asked = true;   // once; load() asks again by itself as long as it must
    }
    if (stage === 'waiting') this.say();
    this.tick();
  }

  // Called several times a second: what happens without a click.
  tick(): void {
    if (this.stopped || this.busy !== null) return;
    const stage = this.stage();
    if (this.pass !== null && this.passLeftMs() <= 0) {
      this.pass = null;
      this.lapsed = true;
      void this.load();
      return;
    }
    const unclaimed = (stage === 'called' && !this.lapsed) || (stage === 'claimed' && this.pass === null);
    if (unclaimed && this.page.phase() !== 'paused' && document.visibilityState === 'visible' && Date.now() >= this.claim_after_ms) void this.claim();
  }

  async join(): Promise<void> {
    const answer = await this.act<Place>('join', 'place', { method: 'POST' });
    this.left = false;
    if (answer?.ok) {
      this.take(answer.value);
      this.scheduleNext();
    }
    this.page.render();
  }

  async leave(): Promise<void> {
    this.asking_leave = false;
    const answer = await this.act('leave', 'place', { method: 'DELETE' });
    if (answer?.ok || answer?.problem.status === 404) {
      this.asking += 1;
      clearTimeout(this.timer);
      this.place = null;
      this.pass = null;
      this.refused = null;
      this.left = true;
      this.page.context.announce(d('left'));
    }
    this.page.render();
  }

  askLeave(asking: boolean): void {
    this.asking_leave = asking;
    this.page.render();
  }

  async claim(): Promise<void> {
    if (this.busy !== null) return;
    this.busy = 'claim';
    this.page.render();
    const account = this.account();
    const answer = await this.page.context.rush.call<Pass>(this.path('pass'), { method: 'POST', json: {} });
    if (this.stopped || account !== this.account()) return;
    this.busy = null;
    if (answer.ok) {
      const first = this.pass === null;
      this.pass = answer.value;
      this.lapsed = this.held_back = false;
      this.refused = null;
      this.claim_backoff.reset();
      if (this.place !== null) this.place = { ...this.place, state: 'claimed', pass_expires_at: answer.value.expires_at };
      if (first) this.called();
    } else {
      const { problem } = answer;
      // Live says when the number is called; the server's guess of that must not keep it from being taken.
      this.claim_after_ms = Date.now() + this.claim_backoff.next(Math.min(problem.retry_after_ms, kClaimAgainMaxMs));
      const place = problem.body['place'];
      if (problem.code === 'not_your_turn' && typeof place === 'object' && place !== null) this.take(place as Place);
      else if (problem.status !== 0 && problem.status < 429 && problem.code !== 'not_your_turn') {
        this.refused = { act: 'claim', problem };
        void this.load();
      }
    }
    this.page.render();
  }

  async register(): Promise<void> {
    const answer = await this.act('register', 'registration', { method: 'POST' });
    if (answer?.ok) this.registered = true;
    this.page.render();
  }

  async unregister(): Promise<void> {
    const answer = await this.act('unregister', 'registration', { method: 'DELETE' });
    if (answer?.ok || answer?.problem.status === 404) this.registered = false;
    this.page.render();
  }

  // The shopper has an order or waits on standby: the pass has done its work.
  used(): void {
    if (this.place === null) return;
    this.pass = null;
    this.place = { ...this.place, state: 'used' };
  }

  // The server did not take the pass: what is the place now?
  passRefused(): void {
    this.pass = null;
    void this.load();
  }

  async load(): Promise<void> {
    clearTimeout(this.timer);
    if (this.account() === null || !this.on() || this.stage() === 'before') {
      this.asked = true;
      return;
    }
    const number = ++this.asking;
    const answer = await this.page.context.rush.call<Place>(this.path('place'));
    if (this.stopped || number !== this.asking) return;
    if (answer.ok || answer.problem.status === 404) this.asked = true;
    if (answer.ok) {
      this.load_backoff.reset();
      this.take(answer.value);
      this.page.context.clock.observe(answer.value.server_time, answer.sent_ms);
    } else if (answer.problem.status === 404) {
      this.place = null;
    }
    if (!answer.ok && answer.problem.status !== 404) this.schedule(this.load_backoff.next(answer.problem.retry_after_ms));
    else this.scheduleNext();
    this.page.render();
  }

  // The lobby opened, or the sale did: a place can be asked for, or taken, from now on.
  entered(): void {
    if (this.on() && this.account() !== null && this.place === null && this.stage() !== 'over') this.schedule(Math.random() * 1_500);
  }

  private readonly woken = () => {
    if (document.visibilityState === 'visible' && this.on() && this.page.sale !== null) this.schedule(0);
  };

  private pause(): number {
    const line_ms = (1_000 * (this.line()?.entries ?? 0)) / kPlacesPerSecond;
    return Math.min(kAgainMaxMs, Math.max(kAgainMs, line_ms)) * (0.75 + 0.5 * Math.random());
  }

  private schedule(ms: number): void {
    clearTimeout(this.timer);
    if (!this.stopped) this.timer = window.setTimeout(() => void this.load(), ms);
  }

  private scheduleNext(): void {
    const stage = this.stage();
    // Before the draw is known to be over, the live document says when to ask.
    if (stage === 'drawing') { if (this.draw_asked) this.schedule(this.load_backoff.next(500)); }
    else if (this.place !== null && stage !== 'used' && stage !== 'over') this.schedule(this.pause());
  }

  private path(what: string): string {
    return `/api/v1/sales/${encodeURIComponent(this.page.id)}/${what}`;
  }

  private take(place: Place): void {
    const before = this.place;
    this.place = place;
    this.asked = true;
    this.updated_ms = Math.max(this.updated_ms, Date.parse(place.server_time) || 0);
    if (this.pass !== null && place.state !== 'claimed') this.pass = null;
    if (before?.number === null && place.number !== null) this.page.context.announce(d('say_drawn', { n: count(place.number) }));
    else if (before === null && place.number === null) this.page.context.announce(d('say_lobby'));
  }

  private async loadRegistration(): Promise<void> {
    const account = this.account();
    const answer = await this.page.context.rush.call(this.path('registration'));
    if (this.stopped || account !== this.account()) return;
    if (answer.ok) this.registered = true;
    else if (answer.problem.status === 404) this.registered = false;
    else this.registered = undefined;
    this.page.render();
  }

  // Asks until there is an answer, or too often. Undefined: meanwhile the page or the account has changed.
  private async act<T>(act: Act, what: string, call: Call): Promise<Answer<T> | undefined> {
    if (this.busy !== null) return undefined;
    const account = this.account();
    const backoff = new Backoff(600, 8_000);
    this.busy = act;
    this.refused = null;
    for (let tries = 1; ; ++tries) {
      this.page.render();
      const answer = await this.page.context.rush.call<T>(this.path(what), call.method === 'POST' ? { ...call, json: {}, headers: this.page.headers() } : call);
      if (this.stopped || account !== this.account()) return undefined;
      if (answer.ok || !repeatable(answer.problem) || tries >= kTriesMax) {
        this.busy = null;
        this.again_at_ms = 0;
        if (!answer.ok && answer.problem.status !== 404) this.refused = { act, problem: answer.problem };
        return answer;
      }
      const pause_ms = backoff.next(answer.problem.retry_after_ms);
      this.again_at_ms = Date.now() + pause_ms;
      this.page.render();
      await new Promise((resolve) => window.setTimeout(resolve, pause_ms));
      this.again_at_ms = 0;
      if (this.stopped || account !== this.account()) return undefined;
    }
  }

  private called(): void {
    this.page.context.announce(d('say_called'));
    window.scrollTo({ top: 0 });
    // Felt, not heard, and only where the shopper has touched the page before.
    try {
      navigator.vibrate?.([120, 80, 120]);
    } catch {
      // a browser without it
    }
  }

  private say(): void {
    const ahead = this.ahead();
    const step = kSayAhead.find((bound) => ahead >= bound) ?? 0;
    if (step === this.said_ahead) return;
    this.said_ahead = step;
    this.page.context.announce(d('say_ahead', { n: count(ahead) }));
  }
}

function repeatable(problem: Problem): boolean {
  if (problem.code === 'line_full' || problem.code === 'paused') return false;
  return problem.status === 0 || problem.status === 408 || problem.status === 425 || problem.status === 429 || problem.status >= 500;
}

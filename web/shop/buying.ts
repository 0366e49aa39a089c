// One attempt to get a unit: asked with one key, repeated by itself while the server is busy or out of
// reach, until there is a decision.

import { newKey, type Answer, type Api, type Problem } from '../shared/api';
import { Backoff } from '../shared/backoff';
import type { FilterRule, Order, Standby } from '../shared/types';
import { nextSlot } from './filter';

export type Decision =
  | { kind: 'granted'; order: Order }
  | { kind: 'standby'; standby: Standby }
  | { kind: 'refused'; problem: Problem };

export interface Waiting {
  why: 'busy' | 'offline' | 'too_fast' | 'filtered';
  tries: number;         // the number of the next try
  again_at_ms: number;   // Date.now() of it
}

// What a request needs to come through the layers in front of the stock.
export interface Way {
  headers(): Record<string, string>;   // pass and challenge, as far as there are any
  now(): number;                       // the server's clock
  buyer: string;
  filter: FilterRule | null;
  personal_path: boolean;              // holds are asked for under a path that is made for this buyer
}

export const kChannel = 'web';   // how this program names itself to sales that are open to some only
const kEarlyTries = 6;   // the opening may reach the server a moment after us
const kPathTries = 3;
const kPathDeadlineSlackMs = 1_000;

type Granted = Answer<Order & Standby>;

export class Attempt {
  readonly key = newKey();
  waiting: Waiting | null = null;
  private stopped = false;
  private timer: number | undefined;
  private wake: (() => void) | null = null;
  private path: { path: string; expires_at: string } | null = null;
  private paths = 0;

  constructor(
    private readonly api: Api,
    private readonly sale: string,
    readonly item: string,
    readonly quantity: number,
    private readonly way: Way,
    private readonly changed: () => void,
  ) {}

  // Undefined: given up by stop().
  async run(): Promise<Decision | undefined> {
    const backoff = new Backoff(600, 15_000);
    let tries = 1;
    let not_before_ms = 0;
    while (!this.stopped) {
      await this.admitted(tries, not_before_ms);
      if (this.stopped) return undefined;
      this.waiting = null;
      this.changed();
      const answer = await this.ask();
      if (this.stopped) return undefined;
      if (answer.ok) {
        return answer.status === 202 ? { kind: 'standby', standby: answer.value } : { kind: 'granted', order: answer.value };
      }
      const { problem } = answer;
      if (problem.code === 'filtered') {
        not_before_ms = this.way.now() + Math.max(50, Number(problem.body['retry_after_ms']) || this.way.filter?.slot_ms || 1_000);
        if (this.way.filter === null) await this.wait({ why: 'filtered', tries, again_at_ms: Date.now() + not_before_ms - this.way.now() });
        continue;
      }
      if (problem.code === 'path_required' && ++this.paths < kPathTries) {
        this.path = null;
        continue;
      }
      if (!repeatable(problem, tries)) return { kind: 'refused', problem };
      tries += 1;
      await this.wait({ why: problem.status === 0 ? 'offline' : problem.code === 'rate_limited' ? 'too_fast' : 'busy', tries,
        again_at_ms: Date.now() + backoff.next(problem.retry_after_ms) });
    }
    return undefined;
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.wake?.();
  }

  // Waits until this buyer may ask. A little longer, so that a clock that is a little off does not make it too early.
  private async admitted(tries: number, not_before_ms: number): Promise<void> {
    const rule = this.way.filter;
    while (rule !== null && !this.stopped) {
      const now = this.way.now();
      const slot_ms = nextSlot(rule, this.way.buyer, Math.max(now, not_before_ms));
      if (slot_ms <= now) return;
      const within = Math.min(60, rule.slot_ms / 20);
      await this.wait({ why: 'filtered', tries, again_at_ms: Date.now() + slot_ms - now + within });
      not_before_ms = 0;
    }
  }

  private async ask(): Promise<Granted> {
    const base = `/api/v1/sales/${encodeURIComponent(this.sale)}`;
    const headers = { ...this.way.headers(), 'x-onrush-channel': kChannel };
    if (this.way.personal_path && (this.path === null || Date.parse(this.path.expires_at) < this.way.now() + kPathDeadlineSlackMs)) {
      const path = await this.api.call<{ path: string; expires_at: string }>(`${base}/path`, { headers });
      if (!path.ok) return path;
      if (this.stopped) return { ok: false, problem: { code: 'offline', status: 0, detail: '', retry_after_ms: 0, trace_id: '', body: {} } };
      this.path = path.value;
    }
    // Only a path of this sale: the token goes with it.
    const own = this.path !== null && this.path.path.startsWith(`${base}/holds/`) ? this.path.path : `${base}/holds`;
    return this.api.call<Order & Standby>(own, {
      method: 'POST', key: this.key, headers, json: { item: this.item, quantity: this.quantity, standby: true } });
  }

  private async wait(waiting: Waiting): Promise<void> {
    this.waiting = waiting;
    this.changed();
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      this.timer = window.setTimeout(resolve, Math.max(0, waiting.again_at_ms - Date.now()));
    });
  }
}

function repeatable(problem: Problem, tries: number): boolean {
  if (problem.code === 'paused') return false;
  if (problem.code === 'not_open') return tries < kEarlyTries && problem.retry_after_ms <= 2_000;
  return problem.status === 0 || problem.status === 408 || problem.status === 429 || problem.status >= 500;
}

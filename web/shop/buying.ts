// One attempt to get a unit: asked with one key, repeated by itself while the server is busy or out of
// reach, until there is a decision.

import { newKey, type Api, type Problem } from '../shared/api';
import { Backoff } from '../shared/backoff';
import type { Order, Standby } from '../shared/types';

export type Decision =
  | { kind: 'granted'; order: Order }
  | { kind: 'standby'; standby: Standby }
  | { kind: 'refused'; problem: Problem };

export interface Waiting {
  tries: number;         // the number of the next try
  again_at_ms: number;   // Date.now() of it
  offline: boolean;
  too_fast: boolean;     // over a rate limit: 429
}

export const kChannel = 'web';   // how this program names itself to sales that are open to some only
const kEarlyTries = 6;   // the opening may reach the server a moment after us

export class Attempt {
  readonly key = newKey();
  waiting: Waiting | null = null;
  private stopped = false;
  private timer: number | undefined;
  private wake: (() => void) | null = null;

  constructor(
    private readonly api: Api,
    private readonly sale: string,
    readonly item: string,
    readonly quantity: number,
    private readonly changed: () => void,
  ) {}

  // Undefined: given up by stop().
  async run(): Promise<Decision | undefined> {
    const backoff = new Backoff(600, 15_000);
    for (let tries = 1; !this.stopped; ++tries) {
      this.waiting = null;
      this.changed();
      const answer = await this.api.call<Order & Standby>(`/api/v1/sales/${encodeURIComponent(this.sale)}/holds`, {
        method: 'POST', key: this.key, channel: kChannel, json: { item: this.item, quantity: this.quantity, standby: true } });
      if (this.stopped) return undefined;
      if (answer.ok) {
        return answer.status === 202 ? { kind: 'standby', standby: answer.value } : { kind: 'granted', order: answer.value };
      }
      if (!repeatable(answer.problem, tries)) return { kind: 'refused', problem: answer.problem };
      const pause_ms = backoff.next(answer.problem.retry_after_ms);
      this.waiting = { tries: tries + 1, again_at_ms: Date.now() + pause_ms, offline: answer.problem.status === 0, too_fast: answer.problem.code === 'rate_limited' };
      this.changed();
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        this.timer = window.setTimeout(resolve, pause_ms);
      });
    }
    return undefined;
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.wake?.();
  }
}

function repeatable(problem: Problem, tries: number): boolean {
  if (problem.code === 'paused') return false;
  if (problem.code === 'not_open') return tries < kEarlyTries && problem.retry_after_ms <= 2_000;
  return problem.status === 0 || problem.status === 408 || problem.status === 429 || problem.status >= 500;
}

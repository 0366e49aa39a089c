// Who is signed in. The token is kept in memory only; after a reload it comes back by the HttpOnly refresh
// cookie. A mark in localStorage says whether asking is worth it, so that visitors without an account do
// not each send a request that can only fail.

import { Api, type Answer, type Problem, type Tokens } from './api';
import type { Account, Session } from './types';

const kRenewBeforeMs = 60_000;
// Not more often than this ahead of time, so that a wrong clock cannot make each call a renewal.
const kRenewAtMostEveryMs = 30_000;

export interface SessionPaths {
  sign_in: string;
  sign_up?: string;
  refresh: string;
  sign_out: string;
  mark: string;  // its name in localStorage
}

function remember(mark: string, signed_in: boolean): void {
  try {
    if (signed_in) localStorage.setItem(mark, '1');
    else localStorage.removeItem(mark);
  } catch {
    // storage is switched off: a reload asks to sign in again
  }
}

export class SignedIn implements Tokens {
  private session: Session | null = null;
  private asking: Promise<Session | null> | null = null;
  private readonly api: Api;
  private asked_ms = -Infinity;
  onchange: () => void = () => {};

  constructor(private readonly paths: SessionPaths, private readonly now: () => number = Date.now) {
    this.api = new Api({ current: async () => this.session?.token ?? null, renew: async () => null });
  }

  account(): Account | null {
    return this.session?.account ?? null;
  }

  async start(): Promise<void> {
    if (this.marked()) await this.refresh();
  }

  async current(): Promise<string | null> {
    if (this.session === null) return null;
    const left = Date.parse(this.session.expires_at) - this.now();
    const rested = performance.now() - this.asked_ms > kRenewAtMostEveryMs;
    if (!(left < kRenewBeforeMs) || !rested) return this.session.token;
    const fresh = await this.refresh();
    return fresh?.token ?? null;
  }

  async renew(refused: string): Promise<string | null> {
    if (this.session !== null && this.session.token !== refused) return this.session.token;
    return (await this.refresh())?.token ?? null;
  }

  async signIn(email: string, password: string): Promise<Problem | null> {
    return this.take(await this.api.call<Session>(this.paths.sign_in, {
      method: 'POST', json: { email, password }, anonymous: true, deadline_ms: 30_000 }));
  }

  async signUp(email: string, password: string, language: string): Promise<Problem | null> {
    return this.take(await this.api.call<Session>(this.paths.sign_up ?? this.paths.sign_in, {
      method: 'POST', json: { email, password, language }, anonymous: true, deadline_ms: 30_000 }));
  }

  async signOut(): Promise<void> {
    await this.api.call(this.paths.sign_out, { method: 'DELETE' });
    this.set(null);
  }

  // Takes a session that came by another way, e.g. from the set-up of the first owner.
  take(answer: Answer<Session>): Problem | null {
    if (!answer.ok) return answer.problem;
    this.set(answer.value);
    return null;
  }

  private refresh(): Promise<Session | null> {
    // Several calls that need a fresh token at once share one request.
    this.asking ??= this.ask().finally(() => { this.asking = null; });
    return this.asking;
  }

  private async ask(): Promise<Session | null> {
    this.asked_ms = performance.now();
    const answer = await this.api.call<Session>(this.paths.refresh, { method: 'POST', anonymous: true });
    if (answer.ok && typeof answer.value.token === 'string') this.set(answer.value);
    // Only a clear "no" signs out: a lost connection must not.
    else if (answer.ok || (answer.problem.status >= 400 && answer.problem.status < 500)) this.set(null);
    return this.session;
  }

  private set(session: Session | null): void {
    const before = this.session?.account;
    this.session = session;
    remember(this.paths.mark, session !== null);
    if (before?.id !== session?.account.id || before?.role !== session?.account.role) this.onchange();
  }

  private marked(): boolean {
    try {
      return localStorage.getItem(this.paths.mark) !== null;
    } catch {
      return true;
    }
  }
}

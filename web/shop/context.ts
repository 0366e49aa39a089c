// What every shopper page is given.

import type { Api } from '../shared/api';
import type { ServerClock } from '../shared/clock';
import type { SignedIn } from '../shared/session';

export interface Context {
  readonly session: SignedIn;
  readonly general: Api;   // accounts, orders, payments
  readonly rush: Api;      // sale documents, holds, standby
  readonly clock: ServerClock;
  navigate(path: string, replace?: boolean): void;
  announce(text: string): void;
  title(text: string): void;
}

export interface Page {
  render(): void;          // again, e.g. in another language or for another account
  account?(): void;        // signed in or out while the page is open
  stop(): void;
}

export type OpenPage = (root: HTMLElement, context: Context, argument: string) => Page;

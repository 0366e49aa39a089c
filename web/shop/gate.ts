// The check that a sale may ask for before buying, as the sale's page sees it. What does the work is loaded
// only where a sale has one.

import type { Child } from '../shared/dom';

export interface Gate {
  token(): string | null;       // of a check that was passed and still counts
  passed(): boolean;            // nothing stands in the way: there is a token, or none is needed
  view(): Child;
  open(then: () => void): void; // show it to the shopper, and go on when it is done
  forget(): void;               // the server did not take the token
  stop(): void;
}

export interface GateHome {
  readonly sale: string;
  readonly account: string;
  call: import('../shared/api').Api;
  headers(): Record<string, string>;
  now(): number;
  announce(text: string): void;
  changed(): void;
}

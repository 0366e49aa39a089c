// The last minutes of a sale's numbers, as rates per second between successive polls.

import { sums, type AdminSale } from './context';

const kSamplesMax = 120;

interface Sample {
  at_ms: number;
  decisions: number | undefined;  // totals since the server began
  granted: number;
  paid: number;
}

export interface Rates {
  decisions: number[];
  holds: number[];
  paid: number[];
}

export class RateHistory {
  private readonly samples: Sample[] = [];

  // Where the server counts what it decides, its totals are exact. The state of the stock is a lower bound:
  // what is held and let go again between two polls does not show in it.
  add(sale: AdminSale, at_ms: number): void {
    const total = sums(sale.items);
    const counted = sale.rates;
    this.samples.push({
      at_ms,
      decisions: counted?.granted === undefined ? undefined : counted.granted.total + (counted.standby?.total ?? 0),
      granted: counted?.granted?.total ?? total.held + total.paid,
      paid: counted?.paid?.total ?? total.paid,
    });
    if (this.samples.length > kSamplesMax + 1) this.samples.shift();
  }

  seconds(): number {
    const first = this.samples[0];
    const last = this.samples[this.samples.length - 1];
    return first && last ? Math.round((last.at_ms - first.at_ms) / 1000) : 0;
  }

  rates(): Rates {
    const rates: Rates = { decisions: [], holds: [], paid: [] };
    for (let i = 1; i < this.samples.length; ++i) {
      const before = this.samples[i - 1]!;
      const now = this.samples[i]!;
      const seconds = Math.max(0.001, (now.at_ms - before.at_ms) / 1000);
      const rate = (after: number, earlier: number) => Math.max(0, after - earlier) / seconds;
      rates.holds.push(rate(now.granted, before.granted));
      rates.paid.push(rate(now.paid, before.paid));
      if (now.decisions !== undefined && before.decisions !== undefined) rates.decisions.push(rate(now.decisions, before.decisions));
    }
    return rates;
  }
}

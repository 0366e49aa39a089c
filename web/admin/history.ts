// The last minutes of a sale's numbers, as rates per second between successive polls.

import { sums, type AdminSale } from './context';

const kSamplesMax = 120;

interface Sample {
  at_ms: number;
  taken: number;    // units held or paid: grows by what is given out, less what comes back
  paid: number;
  decisions: number | undefined;
  holds: number | undefined;
}

export interface Rates {
  decisions: number[];
  holds: number[];
  paid: number[];
}

export class RateHistory {
  private readonly samples: Sample[] = [];

  add(sale: AdminSale, at_ms: number): void {
    const total = sums(sale.items);
    this.samples.push({ at_ms, taken: total.held + total.paid, paid: total.paid,
      decisions: sale.rates?.['decisions'], holds: sale.rates?.['holds'] });
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
      rates.paid.push(Math.max(0, now.paid - before.paid) / seconds);
      rates.holds.push(now.holds ?? Math.max(0, now.taken - before.taken) / seconds);
      if (now.decisions !== undefined) rates.decisions.push(now.decisions);
    }
    return rates;
  }
}

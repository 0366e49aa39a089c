// The last minutes of a sale's numbers, from successive polls.

import { sums, type AdminSale } from './context';

const kSamplesMax = 180;
const kSmoothOver = 5;      // polls over which a rate is taken

interface Sample {
  at_ms: number;
  granted: number;
  decisions: number;
  paid: number;
  claim_rate: number;
  line_rate: number;
  p50_ms: number;
  p99_ms: number;
}

export class RateHistory {
  private readonly samples: Sample[] = [];

  // Where the server counts what it decides, its totals are exact. The state of the stock is a lower bound:
  // what is held and let go again between two polls does not show in it.
  add(sale: AdminSale, at_ms: number): void {
    const total = sums(sale.items);
    const granted = sale.rates?.granted?.total ?? total.held + total.paid;
    this.samples.push({
      at_ms, granted, decisions: granted + (sale.rates?.standby?.total ?? 0), paid: sale.rates?.paid?.total ?? total.paid,
      claim_rate: sale.line?.claim_rate ?? 0, line_rate: sale.line?.rate ?? 0, p50_ms: sale.latency?.p50_ms ?? 0, p99_ms: sale.latency?.p99_ms ?? 0,
    });
    if (this.samples.length > kSamplesMax) this.samples.shift();
  }

  seconds(): number {
    const first = this.samples[0];
    const last = this.samples[this.samples.length - 1];
    return first && last ? Math.round((last.at_ms - first.at_ms) / 1000) : 0;
  }

  times(): number[] {
    return this.samples.slice(1).map((sample) => sample.at_ms);
  }

  of(name: Exclude<keyof Sample, 'at_ms'>): number[] {
    return this.samples.slice(1).map((sample) => sample[name]);
  }

  // How fast a total grows, a second, for each of times().
  rates(total: 'granted' | 'decisions' | 'paid'): number[] {
    return this.samples.slice(1).map((now, i) => {
      const before = this.samples[Math.max(0, i + 1 - kSmoothOver)]!;
      return Math.max(0, now[total] - before[total]) / Math.max(0.001, (now.at_ms - before.at_ms) / 1000);
    });
  }
}

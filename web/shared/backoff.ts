// How long to wait before the next try: doubled each time, with full jitter on the upper half, so that a
// crowd that was cut off together does not come back together.

export class Backoff {
  private tries = 0;
  constructor(private readonly min_ms: number, private readonly max_ms: number) {}

  next(at_least_ms = 0): number {
    const ceiling = Math.min(this.max_ms, this.min_ms * 2 ** Math.min(this.tries, 16));
    this.tries += 1;
    return Math.max(at_least_ms, ceiling / 2) + Math.random() * (ceiling / 2);
  }

  reset(): void {
    this.tries = 0;
  }
}

// The server's time on this device, without trusting the device's clock.
//
// An answer that was made freshly for us carries a time between the moment we asked and the moment it
// arrived: that bounds the offset from both sides. An answer that may come from a cache was made at some
// time before it arrived: that bounds it from one side. The offset is the middle of what all bounds allow.

const kSlackMs = 50;

export class ServerClock {
  private low = -Infinity;   // offset >= low
  private high = Infinity;   // offset <= high

  // `sent_ms`: Date.now() when the question left, or undefined if the answer may be old.
  observe(server_time: string, sent_ms?: number, received_ms: number = Date.now()): void {
    const server = Date.parse(server_time);
    if (Number.isNaN(server)) return;
    const low = server - received_ms;
    const high = sent_ms === undefined ? Infinity : server - sent_ms;
    if (low > this.high + kSlackMs || high < this.low - kSlackMs) {
      // This device's clock was set, or it slept: what was learnt before is void.
      this.low = low;
      this.high = high;
      return;
    }
    this.low = Math.max(this.low, low);
    this.high = Math.min(this.high, high);
  }

  offset(): number {
    if (this.low === -Infinity) return 0;
    if (this.high === Infinity) return this.low;
    return (this.low + this.high) / 2;
  }

  now(): number {
    return Date.now() + this.offset();
  }
}

// Proof of work: the number that, after the salt, has the hash that the server asks for (ALTCHA).

import { fromHex, join, sha256 } from '../shared/sha256';
import type { ProofOfWork } from '../shared/types';

export const kSlice = 1_000;

// Yields how many numbers were tried, every kSlice of them; returns the number, or null if there is none.
export function* search(work: ProofOfWork): Generator<number, number | null> {
  const wanted = fromHex(work.challenge);
  if (wanted === null || wanted.length !== 32) return null;
  for (let n = 0; n <= work.maxnumber; ++n) {
    const digest = sha256(join(work.salt, String(n)));
    let same = 0;
    while (same < 32 && digest[same] === wanted[same]) ++same;
    if (same === 32) return n;
    if (n % kSlice === kSlice - 1) yield n + 1;
  }
  return null;
}

export function payload(work: ProofOfWork, number: number, took_ms: number): string {
  const { algorithm, challenge, salt, signature } = work;
  const text = JSON.stringify({ algorithm, challenge, number, salt, signature, took: Math.round(took_ms) });
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

export interface Said {
  tried?: number;
  number?: number | null;
}

declare const kProofWorkerPath: string;

// Works in a thread of its own, so that the page stays smooth; where there is none, in slices between frames.
export class Work {
  private worker: Worker | null = null;
  private stopped = false;
  private finish: ((number: number | null) => void) | null = null;

  // `progress`: the part of all numbers that was tried. Null: there is no such number, or it was stopped.
  run(work: ProofOfWork, progress: (part: number) => void): Promise<number | null> {
    return new Promise((resolve) => {
      this.finish = resolve;
      const tell = (tried: number) => progress(Math.min(1, tried / Math.max(1, work.maxnumber)));
      const here = () => {
        this.worker?.terminate();
        this.worker = null;
        void this.inSlices(work, tell).then(resolve);
      };
      try {
        this.worker = new Worker(kProofWorkerPath);
      } catch {
        return here();
      }
      this.worker.onerror = here;
      this.worker.onmessage = (event: MessageEvent<Said>) => {
        if (event.data.tried !== undefined) tell(event.data.tried);
        if (event.data.number === undefined) return;
        this.worker?.terminate();
        resolve(event.data.number);
      };
      this.worker.postMessage(work);
    });
  }

  stop(): void {
    this.stopped = true;
    this.worker?.terminate();
    this.finish?.(null);
  }

  private async inSlices(work: ProofOfWork, tell: (tried: number) => void): Promise<number | null> {
    const steps = search(work);
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      if (this.stopped) return null;
      tell(step.value);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
}

// The thread that does a proof of work: gets the task, says how far it is, and in the end the number.

import type { ProofOfWork } from '../shared/types';
import { search, type Said } from './proof';

const kSayEveryMs = 80;
const thread = self as unknown as { postMessage(said: Said): void; onmessage: (event: MessageEvent<ProofOfWork>) => void };

thread.onmessage = (event) => {
  const steps = search(event.data);
  let said_ms = 0;
  for (;;) {
    const step = steps.next();
    if (step.done) return thread.postMessage({ number: step.value });
    if (performance.now() - said_ms < kSayEveryMs) continue;
    said_ms = performance.now();
    thread.postMessage({ tried: step.value });
  }
};

// The rule by which a sale admits only a part of the clicks in each slot of time. The server applies the
// same one, so asking in another slot would only be refused.

import { fromHex, join, le64, sha256 } from '../shared/sha256';
import type { FilterRule } from '../shared/types';

const kSearchMax = 20_000;

export function passes(rule: FilterRule, buyer: string, slot: number): boolean {
  const digest = sha256(join(fromHex(rule.salt) ?? new Uint8Array(0), le64(buyer), le64(slot)));
  return new DataView(digest.buffer).getUint32(0, true) < rule.ratio * 2 ** 32;
}

// When the buyer's next slot begins, at or after `now_ms` of the server's clock; `now_ms` itself if he may now.
export function nextSlot(rule: FilterRule, buyer: string, now_ms: number): number {
  const first = Math.floor(now_ms / rule.slot_ms);
  for (let slot = first; slot < first + kSearchMax; ++slot) {
    if (passes(rule, buyer, slot)) return Math.max(now_ms, slot * rule.slot_ms);
  }
  return (first + kSearchMax) * rule.slot_ms;
}

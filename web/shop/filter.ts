// The rule by which a sale admits only a part of the clicks in each slot of time. The server applies the
// same one, so asking in another slot would only be refused.

import { fromHex, join, le64, sha256 } from '../shared/sha256';
import type { FilterRule } from '../shared/types';

const kSearchMax = 20_000;

// From when in this slot the buyer may ask, in ms of the server's clock; null: the slot is not his.
export function opening(rule: FilterRule, buyer: string, slot: number): number | null {
  const digest = sha256(join(fromHex(rule.salt) ?? new Uint8Array(0), le64(buyer), le64(slot)));
  const numbers = new DataView(digest.buffer);
  if (numbers.getUint32(0, true) >= rule.ratio * 2 ** 32) return null;
  // Up to three quarters of the slot.
  const later = Number((BigInt(numbers.getUint32(4, true)) * BigInt(rule.slot_ms) * 3n) >> 34n);
  return slot * rule.slot_ms + later;
}

// When the buyer may next ask, at or after `now_ms` of the server's clock; `now_ms` itself if he may now.
export function nextSlot(rule: FilterRule, buyer: string, now_ms: number): number {
  const first = Math.floor(now_ms / rule.slot_ms);
  for (let slot = first; slot < first + kSearchMax; ++slot) {
    const from = opening(rule, buyer, slot);
    if (from !== null) return Math.max(now_ms, from);
  }
  return (first + kSearchMax) * rule.slot_ms;
}

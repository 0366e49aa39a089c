// The checks of a draw, each by itself: what is published either fits together or does not.

import type { Api } from '../shared/api';
import { fromHex, hex } from '../shared/sha256';
import type { DrawDocument, Place } from '../shared/types';
import { commitmentOf, emptyLobby, leafOf, placeOf, seedOf, withLeaf } from './draw_rule';

export type Verdict = 'good' | 'bad' | 'unknown';

const kPage = 10_000;
const kSliceMs = 12;   // hashing between two frames

// Null: the document does not hold what it must.
export interface Revealed {
  sale: string;
  entries: number;
  secret: Uint8Array;
  digest: Uint8Array;
  beacon: string;
  seed: Uint8Array;
}

export function revealed(draw: DrawDocument): Revealed | null {
  const secret = fromHex(draw.secret ?? '');
  const digest = fromHex(draw.lobby_digest ?? '');
  const seed = fromHex(draw.seed ?? '');
  if (!draw.revealed || secret?.length !== 32 || digest?.length !== 32 || seed?.length !== 32) return null;
  return { sale: draw.sale, entries: draw.entries ?? 0, secret, digest, beacon: draw.beacon ?? '', seed };
}

export function secretFits(draw: DrawDocument, r: Revealed): Verdict {
  return hex(commitmentOf(r.secret)) === draw.commitment ? 'good' : 'bad';
}

export function sameAsSeen(draw: DrawDocument, seen: string | null): Verdict {
  return seen === null ? 'unknown' : seen === draw.commitment ? 'good' : 'bad';
}

export function seedFollows(r: Revealed): Verdict {
  return hex(seedOf(r.secret, r.entries, r.digest, r.beacon)) === hex(r.seed) ? 'good' : 'bad';
}

export function drawnPlace(r: Revealed, entry: number): number {
  return placeOf(r.seed, r.entries, entry);
}

export function placeFits(r: Revealed, place: Place): Verdict {
  if (place.number === null) return 'unknown';
  return (place.entry > r.entries ? place.entry : drawnPlace(r, place.entry)) === place.number ? 'good' : 'bad';
}

// The leaves from number `from` on; null: no answer.
async function leaves(api: Api, sale: string, from: number, limit: number): Promise<string[] | null> {
  const answer = await api.call<{ from: number; leaves: string[] }>(
    `/api/v1/sales/${encodeURIComponent(sale)}/draw/entries?from=${from}&limit=${limit}`, { anonymous: true });
  return answer.ok && answer.value.from === from && Array.isArray(answer.value.leaves) ? answer.value.leaves : null;
}

export async function ownEntryListed(api: Api, r: Revealed, entry: number, buyer: string): Promise<Verdict> {
  const from = entry - ((entry - 1) % kPage);   // a page that others ask for too
  const list = await leaves(api, r.sale, from, kPage);
  if (list === null) return 'unknown';
  return list[entry - from] === hex(leafOf(r.secret, r.sale, buyer)) ? 'good' : 'bad';
}

// Reads the whole list and computes its digest. `progress` gets the number of entries so far, and stops it by
// returning false.
export async function everyEntryFits(api: Api, r: Revealed, progress: (done: number) => boolean): Promise<Verdict> {
  let digest = emptyLobby(r.sale);
  let done = 0;
  while (done < r.entries) {
    const list = await leaves(api, r.sale, done + 1, Math.min(kPage, r.entries - done));
    if (list === null) return 'unknown';
    if (list.length === 0) return 'bad';
    let from_ms = performance.now();
    for (const text of list) {
      const leaf = fromHex(text);
      if (leaf?.length !== 16) return 'bad';
      digest = withLeaf(digest, leaf);
      done += 1;
      if (performance.now() - from_ms < kSliceMs) continue;
      if (!progress(done)) return 'unknown';
      await new Promise((resolve) => setTimeout(resolve, 0));
      from_ms = performance.now();
    }
    if (!progress(done)) return 'unknown';
  }
  return done === r.entries && hex(digest) === hex(r.digest) ? 'good' : 'bad';
}

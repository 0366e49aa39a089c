// The draw, computed again from what is published: docs/line.md has the rule in words.

import { join, le64, sha256 } from '../shared/sha256';

const kRounds = 8;

export function commitmentOf(secret: Uint8Array): Uint8Array {
  return sha256(secret);
}

// What stands for one person in the list of entries: nobody can tell from it who that is without the secret.
export function leafOf(secret: Uint8Array, sale: string, buyer: string): Uint8Array {
  return sha256(join('onrush leaf v1', secret, sale, le64(buyer))).subarray(0, 16);
}

// The digest over the list: each entry is bound to all before it.
export function emptyLobby(sale: string): Uint8Array {
  return sha256(join('onrush lobby v1', sale));
}

export function withLeaf(digest: Uint8Array, leaf: Uint8Array): Uint8Array {
  return sha256(join(digest, leaf));
}

export function seedOf(secret: Uint8Array, entries: number, lobby_digest: Uint8Array, beacon: string): Uint8Array {
  return sha256(join('onrush draw v1', secret, le64(entries), lobby_digest, beacon));
}

function mix(seed: Uint8Array, round: number, x: number): number {
  const word = new Uint8Array(4);
  new DataView(word.buffer).setUint32(0, x, true);
  return new DataView(sha256(join(seed, Uint8Array.of(round), word)).buffer).getUint32(0, true);
}

// The place that the draw gives to an entry, both from 1 to `entries`: a permutation, so no two get the same.
export function placeOf(seed: Uint8Array, entries: number, entry: number): number {
  let bits = 2;
  while (2 ** bits < entries) ++bits;
  let value = entry - 1;
  do value = permute(seed, bits, value); while (value >= entries);
  return value + 1;
}

function permute(seed: Uint8Array, bits: number, value: number): number {
  let left_bits = Math.floor(bits / 2);
  let right_bits = bits - left_bits;
  let left = Math.floor(value / 2 ** right_bits);
  let right = value % 2 ** right_bits;
  for (let round = 0; round < kRounds; ++round) {
    const mixed = (left ^ mix(seed, round, right)) & (2 ** left_bits - 1);
    left = right;
    right = mixed;
    [left_bits, right_bits] = [right_bits, left_bits];
  }
  return left * 2 ** right_bits + right;
}

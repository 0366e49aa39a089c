// The pages' own arithmetic – hash, filter, draw, proof of work – against Node's crypto and known values.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { kRoot } from './lab.mjs';
import { StandInDoor, placeOf as otherPlaceOf } from './stand_in_front_door.mjs';

async function load(entry) {
  const folder = mkdtempSync(join(tmpdir(), 'onrush-rules-'));
  try {
    const file = join(folder, 'rules.mjs');
    execFileSync('esbuild', [join(kRoot, 'web', entry), '--bundle', '--format=esm', '--target=es2020', `--outfile=${file}`, '--log-level=warning'], { stdio: 'inherit', timeout: 30_000 });
    return await import(pathToFileURL(file));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const sha = (data) => createHash('sha256').update(data).digest('hex');

export function ruleChecks(check) {
  check('the_own_sha256_gives_the_known_digests', async () => {
    const { sha256, hex, fromHex, le64 } = await load('shared/sha256.ts');
    const text = (words) => hex(sha256(new TextEncoder().encode(words)));
    assert.equal(text(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    assert.equal(text('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    assert.equal(text('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq'), '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1');
    assert.equal(hex(sha256(new Uint8Array(1_000_000).fill(0x61))), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0');
    for (let length = 0; length < 200; ++length) {
      const data = randomBytes(length);
      assert.equal(hex(sha256(data)), sha(data), `of ${data.toString('hex')}`);
    }
    assert.deepEqual([...le64('72057594037927937')], [1, 0, 0, 0, 0, 0, 0, 1]);
    assert.equal(fromHex('0g'), null);
    assert.equal(fromHex('abc'), null);
    assert.deepEqual([...fromHex('00ff')], [0, 255]);
  });

  check('the_filter_admits_the_slots_that_the_server_admits', async () => {
    const { opening, nextSlot } = await load('shop/filter.ts');
    const door = new StandInDoor('x', { admission: { filter: { ratio: 0.05, slot_ms: 1000 } } }, {});
    const rule = { ...door.document().admission.filter };
    let admitted = 0;
    for (let slot = 1_700_000_000; slot < 1_700_004_000; ++slot) {
      const from = opening(rule, '9007199254740993', slot);
      assert.equal(from, door.opening('9007199254740993', slot), `slot ${slot}, salt ${rule.salt}`);
      admitted += from === null ? 0 : 1;
    }
    assert.ok(admitted > 120 && admitted < 290, `${admitted} of 4000 slots`);
    const now = 1_700_000_000_400;
    const next = nextSlot(rule, '42', now);
    assert.ok(next >= now && opening(rule, '42', Math.floor(next / 1000)) <= next);
    for (let slot = 1_700_000_000; slot < Math.floor(next / 1000); ++slot) assert.equal(opening(rule, '42', slot), null, 'an earlier slot would have done');
    const all = { ...rule, ratio: 1 };
    assert.equal(nextSlot(all, '42', 1_700_000_000_999), 1_700_000_000_999);
    assert.equal(nextSlot(all, '42', 1_700_000_000_000), opening(all, '42', 1_700_000_000));
    // Computed apart, with Python's hashlib.
    const fixed = { salt: '0102030405060708', ratio: 0.05, slot_ms: 1000 };
    assert.deepEqual([3, 4, 16, 55].map((slot) => opening(fixed, '42', 1_800_000_000 + slot) - (1_800_000_000 + slot) * 1000), [591, 561, 420, 281]);
  });

  check('the_draw_is_a_permutation_and_the_same_as_the_servers', async () => {
    const { placeOf } = await load('shop/draw_rule.ts');
    for (const n of [1, 2, 3, 4, 5, 16, 17, 100, 1000, 2049]) {
      const seed = randomBytes(32);
      const places = Array.from({ length: n }, (_, i) => placeOf(seed, n, i + 1));
      assert.deepEqual([...places].sort((a, b) => a - b), Array.from({ length: n }, (_, i) => i + 1), `n ${n}, seed ${seed.toString('hex')}`);
      for (let entry = 1; entry <= Math.min(n, 60); ++entry) assert.equal(places[entry - 1], otherPlaceOf(seed, n, entry), `n ${n}, entry ${entry}, seed ${seed.toString('hex')}`);
    }
  });

  check('a_revealed_draw_is_checked_and_a_changed_one_is_found_out', async () => {
    const draw_check = await load('shop/draw_check.ts');
    const door = new StandInDoor('checked', { line: { mode: 'draw' } }, { phase: 'lobby', items: new Map() });
    for (let buyer = 1; buyer <= 50; ++buyer) door.take(String(1000 + buyer));
    assert.equal(draw_check.revealed(door.drawDocument()), null, 'nothing is revealed before the draw');
    door.draw();
    const api = { call: async (path) => ({ ok: true, value: door.drawEntries(Number(/from=(\d+)/.exec(path)[1]), Number(/limit=(\d+)/.exec(path)[1])) }) };
    const verdicts = async (document, api_of = api) => {
      const r = draw_check.revealed(document);
      const place = door.view(door.found('1007'));
      return [draw_check.secretFits(document, r), draw_check.seedFollows(r), draw_check.placeFits(r, place), await draw_check.ownEntryListed(api_of, r, place.entry, '1007'), await draw_check.everyEntryFits(api_of, r, () => true)];
    };
    const honest = door.drawDocument();
    assert.deepEqual(await verdicts(honest), ['good', 'good', 'good', 'good', 'good']);
    const other = randomBytes(32).toString('hex');
    assert.equal((await verdicts({ ...honest, commitment: other }))[0], 'bad');
    assert.equal((await verdicts({ ...honest, seed: other }))[1], 'bad');
    assert.equal((await verdicts({ ...honest, beacon: 'x' }))[1], 'bad');
    assert.equal((await verdicts({ ...honest, entries: 49 }))[1], 'bad');
    assert.equal((await verdicts({ ...honest, lobby_digest: other }))[4], 'bad');
    const swapped = { call: async (path) => { const answer = await api.call(path); [answer.value.leaves[6], answer.value.leaves[7]] = [answer.value.leaves[7], answer.value.leaves[6]]; return answer; } };
    assert.deepEqual((await verdicts(honest, swapped)).slice(3), ['bad', 'bad']);
    const short = { call: async (path) => { const answer = await api.call(path); if (answer.value.from > 20) answer.value.leaves = []; else answer.value.leaves.length = 20; return answer; } };
    assert.equal((await verdicts(honest, short))[4], 'bad');
    assert.equal(draw_check.sameAsSeen(honest, other), 'bad');
    assert.equal(draw_check.sameAsSeen(honest, null), 'unknown');
    assert.equal(draw_check.sameAsSeen(honest, honest.commitment), 'good');
  });

  check('a_proof_of_work_is_found_where_there_is_one', async () => {
    const { search, payload } = await load('shop/proof.ts');
    const run = (work) => { for (const steps = search(work); ;) { const step = steps.next(); if (step.done) return step.value; } };
    const door = new StandInDoor('x', { admission: { proof_of_work: { max_number: 5000 } } }, {});
    const work = door.proof();
    const number = run(work);
    assert.ok(Number.isInteger(number));
    assert.ok(door.proven(payload(work, number, 12.5)), 'the server does not take it');
    assert.ok(!door.proven(payload(work, number, 12.5)), 'the server takes it twice');
    assert.equal(run({ ...work, challenge: sha('nothing of this') }), null);
    assert.equal(run({ ...work, challenge: 'not hex' }), null);
  });
}

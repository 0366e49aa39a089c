// The proof of work of challenges against ALTCHA's own library (npm altcha-lib), which shares no code with ours:
// it solves what we issue, agrees with what we accept and refuse, and makes challenges that we accept.
import assert from 'node:assert/strict';
import { hkdfSync, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Scene } from './lab.mjs';
import { startRealServer } from './real_server.mjs';

globalThis.crypto ??= webcrypto;   // Node 18
const altcha = await import('altcha-lib');

const owner = { email: 'owner@example.test', password: 'correct horse battery' };
const server = { ...await startRealServer(process.argv[2]), owner };
const scene = new Scene(server);
const facts = [];
const fact = (name, run) => facts.push({ name, run });

// ALTCHA's hmacKey, as docs/challenges.md says it is made.
const master = readFileSync(join(server.flags[1], 'master.key'), 'utf8').trim();
const hmacKey = Buffer.from(hkdfSync('sha256', master, 'onrush challenge', 'proof of work v1', 32)).toString('hex');

const sale = await scene.define(scene.file('worked', { admission: { proof_of_work: { max_number: 3000 } } }), 'announce', 'open');

async function ask(buyer, path, { method = 'GET', json, challenge } = {}) {
  const response = await fetch(`${server.general}/api/v1/sales/${sale}/${path}`, { method, signal: AbortSignal.timeout(15_000),
    headers: { authorization: `Bearer ${buyer.token}`, 'content-type': 'application/json', ...(challenge ? { 'onrush-challenge': challenge } : {}) },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }) });
  return { status: response.status, ...JSON.parse(await response.text()) };
}
const issued = async (buyer) => (await ask(buyer, 'challenge')).proof_of_work;
const submit = (buyer, payload) => ask(buyer, 'challenge', { method: 'POST', json: { proof_of_work: btoa(JSON.stringify(payload)) } });

async function solved({ algorithm, challenge, salt, signature, maxnumber }) {
  const found = await altcha.solveChallenge(challenge, salt, algorithm, maxnumber).promise;
  assert.ok(found, 'there is no such number up to maxnumber');
  return { algorithm, challenge, number: found.number, salt, signature, took: found.took };
}

// The subject of a buyer's token: his account.
const accountOf = (buyer) => JSON.parse(Buffer.from(buyer.token.split('.')[1], 'base64url')).sub;
const saleOf = (salt) => /&sale=(\d+)&/.exec(salt)[1];
const inTenMinutes = () => String(Math.floor(Date.now() / 1000) + 600);

fact('altcha_solves_ours_and_it_opens_the_way_to_a_hold', async () => {
  const buyer = await scene.buyer();
  const json = { item: 'poster' };
  assert.equal((await ask(buyer, 'holds', { method: 'POST', json })).code, 'challenge_required');
  const { status, token } = await submit(buyer, await solved(await issued(buyer)));
  assert.equal(status, 201);
  assert.equal((await ask(buyer, 'holds', { method: 'POST', json, challenge: token })).status, 201);
});

fact('altcha_agrees_with_what_we_accept_and_refuse', async () => {
  const buyer = await scene.buyer();
  for (let round = 0; round < 5; round += 1) {
    const right = await solved(await issued(buyer));
    const changed = [
      { ...right, number: right.number + 1 },
      { ...right, salt: right.salt.replace('buyer=', 'buyer=1') },
      { ...right, salt: `${right.salt}${String(right.number).slice(0, 1)}`, number: Number(String(right.number).slice(1) || 0) },
      { ...right, signature: right.signature.replace(/^./, (c) => (c === '0' ? '1' : '0')) },
    ];
    for (const wrong of changed) {
      assert.equal(await altcha.verifySolution(wrong, hmacKey), false);
      assert.equal((await submit(buyer, wrong)).code, 'challenge_failed', JSON.stringify(wrong));
    }
    assert.equal(await altcha.verifySolution(right, hmacKey), true);
    assert.equal((await submit(buyer, right)).status, 201);
    assert.equal((await submit(buyer, right)).code, 'challenge_failed', 'a second time');
  }
});

fact('what_altcha_makes_with_our_key_for_this_buyer_is_ours', async () => {
  const buyer = await scene.buyer();
  const params = { expires: inTenMinutes(), sale: saleOf((await issued(buyer)).salt), buyer: accountOf(buyer), level: '0' };
  const theirs = await altcha.createChallenge({ hmacKey, maxNumber: 1000, params });
  assert.equal((await submit(buyer, await solved(theirs))).status, 201);
});

fact('what_altcha_makes_for_nobody_or_for_another_is_refused', async () => {
  const buyer = await scene.buyer();
  const sale_number = saleOf((await issued(buyer)).salt);
  const unbound = await altcha.createChallenge({ hmacKey, maxNumber: 1000, expires: new Date(Date.now() + 600_000) });
  const others = await altcha.createChallenge({ hmacKey, maxNumber: 1000, params: { expires: inTenMinutes(), sale: sale_number, buyer: accountOf(await scene.buyer()), level: '0' } });
  const foreign = await altcha.createChallenge({ hmacKey: 'another key', maxNumber: 1000, params: { expires: inTenMinutes(), sale: sale_number, buyer: accountOf(buyer), level: '0' } });
  const late = await altcha.createChallenge({ hmacKey, maxNumber: 1000, params: { expires: String(Math.floor(Date.now() / 1000) - 1), sale: sale_number, buyer: accountOf(buyer), level: '0' } });
  for (const one of [unbound, others, foreign, late]) assert.equal((await submit(buyer, await solved(one))).code, 'challenge_failed', one.salt);
});

let passed = 0;
let failed = 0;
for (const { name, run } of facts) {
  try {
    await run();
    passed += 1;
    console.log(`ok   ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}: ${error.stack ?? error}`);
  }
}
try {
  await server.stop();
} catch (error) {
  failed += 1;
  console.log(`FAIL stop_and_audit: ${error.message}`);
}
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exit(failed > 0 ? 1 : 0);

// The stand-in's line, passes, draw, checks and other layers in front of the stock, of one sale. The rules are
// those of docs/http_api.md, written for themselves: nothing here is shared with the pages that they are for.
import { createHash, createHmac, randomBytes, randomInt } from 'node:crypto';
import { Refusal } from './stand_in_refusal.mjs';

const iso = (ms) => new Date(ms).toISOString();
const sha = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const le64 = (n) => { const bytes = Buffer.alloc(8); bytes.writeBigUInt64LE(BigInt(n)); return bytes; };
const le32 = (n) => { const bytes = Buffer.alloc(4); bytes.writeUInt32LE(n); return bytes; };

const kPathMs = 30_000;
const kChallengeTokenMs = 600_000;
const kProofMs = 120_000;

export function placeOf(seed, n, entry) {
  let bits = 2;
  while (2 ** bits < n) bits += 1;
  let x = entry - 1;
  do {
    let halves = [bits >> 1, bits - (bits >> 1)];
    let left = x >>> halves[1];
    let right = x & (2 ** halves[1] - 1);
    for (let round = 0; round < 8; ++round) {
      const f = sha(seed, Buffer.of(round), le32(right)).readUInt32LE(0);
      [left, right] = [right, (left ^ f) & (2 ** halves[0] - 1)];
      halves = [halves[1], halves[0]];
    }
    x = left * 2 ** halves[1] + right;
  } while (x >= n);
  return x + 1;
}

export class StandInDoor {
  places = [];              // in the order of coming
  registered = new Map();   // buyer → when
  serving = 0;
  called_part = 0;
  notice = null;
  tokens = new Map();       // pass or challenge token → {kind, buyer, until}
  paths = new Map();        // code → {buyer, until}
  tries = new Map();        // buyer → {left, until}
  spent = new Set();
  drawn = null;

  constructor(id, file, sale) {
    Object.assign(this, { id, file, sale });
    this.mode = file.line?.mode ?? 'off';
    this.rate = file.line?.rate ?? 50;
    this.admission = file.admission ?? {};
    this.secret = randomBytes(32);
    this.key = randomBytes(32);
    this.salt = randomBytes(8);
    this.questions = (this.admission.questions ?? []).map((one) => ({ ...one, id: randomBytes(6).toString('hex') }));
    this.beacon = '';
  }

  // ---- The line

  of(buyer) {
    return this.places.filter((place) => place.buyer === buyer && place.state !== 'left').pop();
  }

  take(buyer) {
    if (this.mode === 'off') throw new Refusal(409, 'line_off', 'The sale has no line.');
    const { phase } = this.sale;
    if (phase === 'announced') throw new Refusal(425, 'not_open', 'The lobby is not open.', { retry_after_seconds: 1 });
    if (phase === 'closed') throw new Refusal(410, 'closed', 'The sale is over.');
    this.needRegistration(buyer);
    const old = this.of(buyer);
    if (old && old.state !== 'used') return [200, this.view(old)];
    if (this.places.length >= (this.file.line.capacity ?? 1_000_000)) throw new Refusal(503, 'line_full', 'No more places.');
    const entry = this.places.length + 1;
    const place = { buyer, entry, number: this.mode === 'fifo' || phase !== 'lobby' ? entry : null, state: 'waiting' };
    this.places.push(place);
    return [201, this.view(place)];
  }

  found(buyer) {
    const place = this.of(buyer);
    if (!place) throw new Refusal(404, 'no_place', 'There is no place.');
    return place;
  }

  leave(buyer) {
    const place = this.of(buyer);
    if (place) { place.state = 'left'; place.until = 0; }
  }

  view(place) {
    const waits = place.number !== null && place.number > this.serving;
    const live = place.state === 'claimed' && place.until > Date.now();
    const ahead = place.number === null ? null : Math.max(0, place.number - this.serving - 1);
    const state = place.state === 'used' || place.state === 'left' ? place.state : live ? 'claimed' : this.sale.phase === 'lobby' ? 'lobby' : waits ? 'waiting' : 'called';
    return { sale: this.id, entry: place.entry, number: place.number, state, serving: this.serving, ahead,
      eta_seconds: state === 'waiting' && this.serving > 0 ? { low: Math.floor(ahead / this.rate * 0.8), high: Math.ceil((ahead + 1) / this.rate * 1.3) } : null,
      token: `place-${place.entry}`, pass_expires_at: live ? iso(place.until) : null, server_time: iso(Date.now()) };
  }

  claim(buyer) {
    const place = this.found(buyer);
    if (this.sale.phase === 'paused') throw new Refusal(503, 'paused', 'The sale is paused.', { retry_after_seconds: 2 });
    if (this.sale.phase === 'closed') throw new Refusal(410, 'closed', 'The sale is over.');
    if (place.state === 'used') throw new Refusal(404, 'no_place', 'The place was used.');
    const live = place.state === 'claimed' && place.until > Date.now();
    if (!live && (place.number === null || place.number > this.serving)) throw new Refusal(425, 'not_your_turn', 'Not yet.', { place: this.view(place), retry_after_seconds: 1 });
    if (!live) {
      place.state = 'claimed';
      place.until = Date.now() + (this.file.line.pass_seconds ?? 120) * 1000;
    }
    const token = randomBytes(12).toString('hex');
    this.tokens.set(token, { kind: 'pass', buyer, until: place.until });
    return [live ? 200 : 201, { token, number: place.number, expires_at: iso(place.until) }];
  }

  // The buyer has an order, or waits on standby.
  used(buyer) {
    const place = this.of(buyer);
    if (place) place.state = 'used';
  }

  active() {
    return this.places.filter((place) => place.state === 'claimed' && place.until > Date.now()).length;
  }

  room() {
    const items = [...this.sale.items.values()];
    const free = items.reduce((sum, item) => sum + item.free.length, 0);
    const standby = (item) => (this.file.standby === false || item.standby === false ? 0 : Math.max(0, (item.standby ?? this.file.standby ?? 2 * item.stock) - item.line.length));
    return Math.max(0, free + items.reduce((sum, item) => sum + standby(item), 0) - this.active());
  }

  // Returns whether something changed.
  tick(elapsed_ms) {
    if (this.mode === 'off' || this.sale.phase !== 'open') return false;
    let changed = false;
    if (this.mode === 'draw' && this.drawn === null) {
      this.draw();
      changed = true;
    }
    this.called_part = Math.min(this.rate, this.called_part + this.rate * elapsed_ms / 1000);
    const most = Math.min(Math.floor(this.called_part), this.room(), (this.file.line.active_max ?? 1_000) - this.active(), this.places.length - this.serving);
    if (most > 0) {
      this.serving += most;
      this.called_part -= most;
      changed = true;
    }
    return changed;
  }

  leafOf(buyer) {
    return sha('onrush leaf v1', this.secret, this.id, le64(buyer)).subarray(0, 16);
  }

  draw() {
    const lobby = this.places.filter((place) => place.number === null);
    const n = this.places.length;
    const leaves = this.places.map((place) => this.leafOf(place.buyer));
    const digest = leaves.reduce((before, leaf) => sha(before, leaf), sha('onrush lobby v1', this.id));
    const seed = sha('onrush draw v1', this.secret, le64(n), digest, this.beacon);
    for (const place of lobby) place.number = placeOf(seed, n, place.entry);
    this.drawn = { n, leaves, digest, seed };
  }

  drawDocument() {
    if (this.mode !== 'draw') throw new Refusal(404, 'not_found', 'There is no draw.');
    const base = { sale: this.id, algorithm: 'onrush-draw-v1', commitment: sha(this.secret).toString('hex'), revealed: this.drawn !== null };
    if (this.drawn === null) return base;
    return { ...base, entries: this.drawn.n, secret: this.secret.toString('hex'), lobby_digest: this.drawn.digest.toString('hex'), beacon: this.beacon, seed: this.drawn.seed.toString('hex') };
  }

  drawEntries(from, limit) {
    if (this.drawn === null) throw new Refusal(425, 'not_open', 'Not drawn yet.');
    return { from, leaves: this.drawn.leaves.slice(from - 1, from - 1 + limit).map((leaf) => leaf.toString('hex')) };
  }

  live() {
    if (this.mode === 'off') return null;
    const room = this.room();
    return { mode: this.mode, entries: this.places.length, lobby_entries: this.drawn?.n ?? this.places.length, drawn: this.mode === 'fifo' || this.drawn !== null, serving: this.serving,
      claimed: this.places.filter((place) => place.state === 'claimed' || place.state === 'used').length, active: this.active(), rate: this.rate, claim_rate: this.rate,
      full: this.places.length >= (this.file.line.capacity ?? 1_000_000), can_win: room > 0, win_up_to: room > 0 ? this.serving + room : this.serving };
  }

  // ---- Registration

  register(buyer) {
    if ((this.admission.registration ?? 'off') === 'off') throw new Refusal(409, 'wrong_state', 'No registration.');
    if (!['announced', 'lobby'].includes(this.sale.phase)) throw new Refusal(409, 'wrong_state', 'Registration is over.');
    const old = this.registered.get(buyer);
    if (old === undefined) this.registered.set(buyer, Date.now());
    return [old === undefined ? 201 : 200, { registered: true, registered_at: iso(this.registered.get(buyer)) }];
  }

  registration(buyer) {
    if (!this.registered.has(buyer)) throw new Refusal(404, 'not_found', 'Not registered.');
    return { registered: true, registered_at: iso(this.registered.get(buyer)) };
  }

  needRegistration(buyer) {
    if (this.admission.registration === 'required' && !this.registered.has(buyer)) throw new Refusal(403, 'registration_required', 'Only for those who registered.');
  }

  // ---- The check before buying

  challenge(buyer) {
    const tries = this.triesOf(buyer, false);
    const question = this.questions.length > 0 ? this.questions[randomInt(this.questions.length)] : null;
    return { question: question && { id: question.id, text: question.question, tries_left: tries.until > Date.now() ? 0 : tries.left, retry_at: tries.until > Date.now() ? iso(tries.until) : null }, proof_of_work: this.proof(), needed: this.wants() };
  }

  wants() {
    return this.questions.length > 0 || this.admission.proof_of_work !== undefined;
  }

  triesOf(buyer, strict = true) {
    const tries = this.tries.get(buyer) ?? { left: this.admission.question_tries ?? 3, until: 0 };
    if (strict && tries.until > Date.now()) throw new Refusal(429, 'challenge_cool_down', 'Too many wrong answers.', { retry_after_seconds: Math.ceil((tries.until - Date.now()) / 1000) });
    if (tries.left === 0 && tries.until <= Date.now()) tries.left = this.admission.question_tries ?? 3;
    this.tries.set(buyer, tries);
    return tries;
  }

  proof() {
    const maxnumber = this.admission.proof_of_work?.max_number;
    if (maxnumber === undefined) return null;
    const salt = `${randomBytes(12).toString('hex')}?expires=${Math.floor((Date.now() + kProofMs) / 1000)}`;
    const challenge = sha(salt + String(randomInt(maxnumber + 1))).toString('hex');
    return { algorithm: 'SHA-256', challenge, salt, maxnumber, signature: createHmac('sha256', this.key).update(challenge).digest('hex') };
  }

  proven(payload) {
    const { algorithm, challenge, number, salt, signature } = JSON.parse(Buffer.from(payload ?? '', 'base64').toString() || '{}');
    const good = algorithm === 'SHA-256' && Number.isInteger(number) && sha(salt + String(number)).toString('hex') === challenge
      && createHmac('sha256', this.key).update(challenge).digest('hex') === signature && Number(/expires=(\d+)/.exec(salt)?.[1]) * 1000 > Date.now() && !this.spent.has(challenge);
    this.spent.add(challenge);
    return good;
  }

  answer(buyer, body) {
    const tries = this.triesOf(buyer);
    if (this.questions.length > 0) {
      const plain = (text) => String(text ?? '').toLowerCase().replace(/\s+/g, '');
      const question = this.questions.find((one) => one.id === body.question?.id);
      if (!question?.answers.some((answer) => plain(answer) === plain(body.question.answer))) {
        tries.left -= 1;
        if (tries.left === 0) tries.until = Date.now() + (this.admission.question_retry_seconds ?? 60) * 1000;
        throw new Refusal(403, 'challenge_failed', 'The answer is wrong.', { tries_left: tries.left });
      }
    }
    if (this.admission.proof_of_work && !this.proven(body.proof_of_work)) throw new Refusal(403, 'challenge_failed', 'The proof is not good.');
    const token = randomBytes(12).toString('hex');
    const until = Date.now() + kChallengeTokenMs;
    this.tokens.set(token, { kind: 'challenge', buyer, until });
    return { token, expires_at: iso(until) };
  }

  good(kind, token, buyer) {
    const found = this.tokens.get(token);
    return found?.kind === kind && found.buyer === buyer && found.until > Date.now();
  }

  // ---- The layers in front of the stock, cheapest first

  channel(headers) {
    const { channels = [], channel_links: links = {} } = this.admission;
    if (channels.length > 0 && !channels.includes(headers['x-onrush-channel'])) throw new Refusal(403, 'channel_required', 'Not by this program.', { links });
  }

  // `code`: of the personal path that was asked under, or null.
  guard(buyer, headers, code) {
    this.needRegistration(buyer);
    this.filtered(buyer);
    if (this.mode !== 'off') this.needPass(buyer, headers);
    if (this.admission.purchase_path) {
      const path = this.paths.get(code);
      if (path?.buyer !== buyer || path.until < Date.now()) throw new Refusal(403, 'path_required', 'Ask for your path first.');
    }
    if (this.wants() && !this.good('challenge', headers['onrush-challenge'], buyer)) throw new Refusal(403, 'challenge_required', 'A check is needed.');
  }

  needPass(buyer, headers) {
    const place = this.of(buyer);
    if (!this.good('pass', headers['onrush-pass'], buyer) || place?.state !== 'claimed') throw new Refusal(403, 'pass_required', 'It is not your turn.');
  }

  opening(buyer, slot) {
    const { ratio, slot_ms = 1000 } = this.admission.filter;
    const digest = sha(this.salt, le64(buyer), le64(slot));
    if (digest.readUInt32LE(0) >= ratio * 2 ** 32) return null;
    return slot * slot_ms + Number((BigInt(digest.readUInt32LE(4)) * BigInt(slot_ms) * 3n) >> 34n);
  }

  filtered(buyer) {
    const { filter } = this.admission;
    if (!filter) return;
    const ms = filter.slot_ms ?? 1000;
    const now = Date.now();
    let slot = Math.floor(now / ms);
    while (this.opening(buyer, slot) === null) slot += 1;
    const from = this.opening(buyer, slot);
    if (from > now) throw new Refusal(403, 'filtered', 'Not in this round.', { retry_after_ms: from - now });
  }

  path(buyer, headers) {
    if (this.sale.phase !== 'open') throw new Refusal(425, 'not_open', 'The sale is not open.', { retry_after_seconds: 1 });
    if (this.mode !== 'off') this.needPass(buyer, headers);
    const code = randomBytes(12).toString('hex');
    const until = Date.now() + kPathMs;
    this.paths.set(code, { buyer, until });
    return { path: `/api/v1/sales/${this.id}/holds/${code}`, expires_at: iso(until) };
  }

  document() {
    const { channels = [], channel_links = {}, registration = 'off', filter, purchase_path = false } = this.admission;
    const challenge = [...(this.questions.length > 0 ? ['question'] : []), ...(this.admission.proof_of_work ? ['proof_of_work'] : [])];
    return {
      line: { mode: this.mode, capacity: this.file.line?.capacity ?? 1_000_000, pass_seconds: this.file.line?.pass_seconds ?? 120 },
      admission: { registration, channels, channel_links, challenge, purchase_path, filter: filter ? { ratio: filter.ratio, slot_ms: filter.slot_ms ?? 1000, salt: this.salt.toString('hex') } : null },
      draw: this.mode === 'draw' ? { commitment: sha(this.secret).toString('hex'), algorithm: 'onrush-draw-v1' } : null,
    };
  }
}

// A small box office in memory with the outcomes of docs/http_api.md, for developing the pages without the
// server. It is not the specification of anything: the journeys run against the real server too.

import { StandInDoor } from './stand_in_front_door.mjs';
import { Refusal } from './stand_in_refusal.mjs';

const kRelative = /^\+(\d+)(s|m|h)$/;
const now = () => Date.now();
const iso = (ms) => new Date(ms).toISOString();

function time(value, base, place) {
  const match = kRelative.exec(value ?? '');
  if (match) return base + Number(match[1]) * { s: 1e3, m: 6e4, h: 36e5 }[match[2]];
  const at = Date.parse(value ?? '');
  if (Number.isNaN(at)) throw new Refusal(422, 'invalid', `${place}: must be a time`);
  return at;
}

export class BoxOffice {
  sales = new Map();
  orders = new Map();
  acts = [];
  listeners = new Set();   // ({sale, buyer?, message}) => void
  next_id = 7312000000001;
  ticked = now();
  answers = new Map();     // code or outcome → how many hold requests

  define(id, file, actor) {
    if (file.sale !== id) throw new Refusal(422, 'invalid', 'sale: must be the id in the path');
    if (!Array.isArray(file.items) || file.items.length === 0) throw new Refusal(422, 'invalid', 'items: must be 1..1000 items');
    file.items.forEach((item, i) => {
      if (!(item.stock >= 1 && item.stock <= 1e7)) throw new Refusal(422, 'invalid', `items[${i}].stock: must be 1..10000000`);
    });
    const old = this.sales.get(id);
    if (old && old.phase !== 'draft') throw new Refusal(409, 'wrong_state', 'The sale is announced; use acts.');
    const opens = time(file.opens_at, now(), 'opens_at');
    const sale = {
      file, phase: 'draft', reason: 'staff', opens, lobby: file.lobby_at === undefined ? opens : time(file.lobby_at, now(), 'lobby_at'), closes: time(file.closes_at, now(), 'closes_at'),
      items: new Map(file.items.map((item) => [item.item, { ...item, free: Array.from({ length: item.stock }, (_, i) => i + 1), held: 0, paid: 0, line: [] }])),
      totals: { granted: 0, standby: 0, paid: 0, ended: 0 },
      money: { captured: 0, fulfilled: 0, standby: 0, refund_due: 0, refunded: 0 },
    };
    sale.door = new StandInDoor(id, file, sale);
    this.sales.set(id, sale);
    this.log(actor, 'define', id, '');
    return old === undefined;
  }

  sale(id, staff = false) {
    const sale = this.sales.get(id);
    if (!sale || (!staff && sale.phase === 'draft')) throw new Refusal(404, 'not_found', 'There is no such sale.');
    return sale;
  }

  log(actor, act, sale, detail) {
    this.acts.unshift({ seq: this.acts.length + 1, at: iso(now()), actor, act, sale, detail });
  }

  act(id, body, actor) {
    const sale = this.sale(id, true);
    const from = { announce: ['draft'], open: ['announced', 'lobby'], pause: ['open'], resume: ['paused'], close: ['open', 'paused'] };
    if (from[body.act] && !from[body.act].includes(sale.phase)) throw new Refusal(409, 'wrong_state', `The sale is ${sale.phase}.`);
    switch (body.act) {
      case 'announce': sale.phase = 'announced'; break;
      case 'open': sale.opens = now(); sale.phase = 'open'; break;
      case 'pause': sale.phase = 'paused'; break;
      case 'resume': sale.phase = 'open'; break;
      case 'close': case 'cancel': sale.phase = 'closed'; sale.reason = body.act === 'cancel' ? 'cancelled' : 'staff'; break;
      case 'restock': {
        const item = sale.items.get(body.item);
        if (!item || !(body.count >= 1)) throw new Refusal(422, 'invalid', 'count: must be 1..10000000');
        for (let i = 0; i < body.count; ++i) item.free.push(++item.stock);
        this.serve(id, sale);
        break;
      }
      case 'reschedule':
        if (body.opens_at) sale.opens = time(body.opens_at, now(), 'opens_at');
        if (body.closes_at) sale.closes = time(body.closes_at, now(), 'closes_at');
        break;
      case 'rate': sale.door.rate = body.rate; break;
      case 'notice': sale.door.notice = body.notice?.en || body.notice?.zh ? body.notice : null; break;
      case 'beacon': sale.door.beacon = body.value; break;
      default: throw new Refusal(422, 'invalid', 'act: is not known');
    }
    this.log(actor, body.act, id, body.reason ?? '');
    this.tell(id);
  }

  hold(id, buyer, request, headers = {}, code = null) {
    const count = (answer) => this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
    try {
      const answer = this.decide(id, buyer, request, headers, code);
      this.sale(id).door.used(buyer);
      this.tell(id);
      count(answer.status === 202 ? 'standby' : 'granted');
      return answer;
    } catch (error) {
      if (error instanceof Refusal) count(error.code);
      throw error;
    }
  }

  funnel() {
    const of = (answer) => this.answers.get(answer) ?? 0;
    const layers = ['rate_limited', 'channel_required', 'not_open', 'closed', 'paused', 'sold_out', 'limit_reached', 'busy'].map((layer) => ({ layer, refused: of(layer) }));
    layers[0].limits = { address: 0, account: 0, server: 0 };
    return { server_time: iso(now()), layers, standby: of('standby'), granted: of('granted') };
  }

  decide(id, buyer, { item: key, quantity = 1, standby = true }, headers, code) {
    const sale = this.sale(id);
    sale.door.channel(headers);
    if (sale.phase === 'paused') throw new Refusal(503, 'paused', 'The sale is paused.', { retry_after_seconds: 5 });
    if (sale.phase === 'announced' || sale.phase === 'lobby') throw new Refusal(425, 'not_open', 'The sale is not open.', { retry_after_seconds: 1 });
    if (sale.phase !== 'open') throw new Refusal(410, 'closed', 'The sale is over.');
    sale.door.guard(buyer, headers, code);
    const item = sale.items.get(key);
    if (!item) throw new Refusal(422, 'invalid', 'item: is not in this sale');
    const live = [...this.orders.values()].filter((o) => o.sale === id && o.buyer === buyer && ['awaiting_payment', 'paid'].includes(o.state));
    const waits = item.line.findIndex((entry) => entry.buyer === buyer);
    if (waits >= 0) return { status: 202, body: this.standbyView(item.line[waits], waits, id) };
    const units = live.reduce((sum, order) => sum + order.units.length, 0);
    if (units + quantity > (sale.file.per_buyer ?? 1)) {
      throw new Refusal(409, 'limit_reached', 'One buyer may not have more.', live[0] ? { order: live[0].order } : {});
    }
    if (item.free.length >= quantity) return { status: 201, body: this.grant(id, sale, item, buyer, quantity, 'granted') };
    if (!standby || item.standby === false || sale.file.standby === false) throw new Refusal(409, 'sold_out', 'Nothing is free.', { may_return: item.held });
    const entry = { standby: String(this.next_id++), buyer, item: key, quantity };
    item.line.push(entry);
    sale.totals.standby += 1;
    this.tell(id);
    return { status: 202, body: this.standbyView(entry, item.line.length - 1, id) };
  }

  standbyView(entry, index, id) {
    return { state: 'standby', standby: entry.standby, position: index + 1, lines: [{ item: entry.item, quantity: entry.quantity }], status_url: `/api/v1/sales/${id}/me` };
  }

  grant(id, sale, item, buyer, quantity, cause) {
    const units = item.free.splice(0, quantity).map((unit) => ({ item: item.item, unit, title: item.title }));
    item.held += quantity;
    sale.totals.granted += 1;
    const at = now();
    const order = { order: String(this.next_id++), sale: id, sale_title: sale.file.title, buyer, state: 'awaiting_payment', granted_at: iso(at), created_at: iso(at), updated_at: iso(at),
      deadline: iso(at + (sale.file.hold_seconds ?? 600) * 1000), amount: (item.price ?? 0) * quantity, currency: sale.file.currency ?? 'EUR', units, payment: null, version: 1, repeated: false };
    this.orders.set(order.order, order);
    this.tell(id, order, cause);
    return order;
  }

  // Free units go to who waits longest.
  serve(id, sale) {
    for (const item of sale.items.values()) {
      while (item.line.length > 0 && item.free.length >= item.line[0].quantity) {
        const entry = item.line.shift();
        this.grant(id, sale, item, entry.buyer, entry.quantity, 'standby_turn');
      }
    }
  }

  end(order, state) {
    if (order.state !== 'awaiting_payment') throw new Refusal(409, 'wrong_state', `The order is ${order.state}.`);
    const sale = this.sales.get(order.sale);
    const item = sale.items.get(order.units[0].item);
    item.held -= order.units.length;
    sale.totals[state === 'paid' ? 'paid' : 'ended'] += 1;
    if (state === 'paid') {
      item.paid += order.units.length;
      sale.money.captured += order.amount;
      sale.money.fulfilled += order.amount;
    } else {
      item.free.push(...order.units.map((unit) => unit.unit));
    }
    this.change(order, state, state);
    if (state !== 'paid' && sale.phase !== 'closed') this.serve(order.sale, sale);
    this.tell(order.sale);
  }

  decline(order) {
    order.payment.state = 'declined';
    if (this.sales.get(order.sale).file.decline_ends_hold === false) this.change(order, order.state, 'payment_declined');
    else this.end(order, 'declined');
  }

  refund(order, reason, actor) {
    if (order.state !== 'paid') throw new Refusal(409, 'wrong_state', `The order is ${order.state}.`);
    const sale = this.sales.get(order.sale);
    const item = sale.items.get(order.units[0].item);
    item.paid -= order.units.length;
    item.free.push(...order.units.map((unit) => unit.unit));
    sale.money.fulfilled -= order.amount;
    sale.money.refunded += order.amount;
    order.payment.state = 'refunded';
    order.payment.refund_reason = reason;
    this.change(order, 'refunded', 'refunded');
    this.log(actor, 'refund', order.sale, `${order.order}: ${reason}`);
  }

  change(order, state, cause) {
    order.state = state;
    order.version += 1;
    order.updated_at = iso(now());
    this.tell(order.sale, order, cause);
  }

  leave(id, buyer) {
    for (const item of this.sale(id).items.values()) item.line = item.line.filter((entry) => entry.buyer !== buyer);
    this.tell(id);
  }

  tick() {
    for (const [id, sale] of this.sales) {
      if (sale.phase === 'announced' && now() >= sale.lobby && now() < sale.opens) { sale.phase = 'lobby'; sale.reason = 'schedule'; this.tell(id); }
      if (['announced', 'lobby'].includes(sale.phase) && now() >= sale.opens) { sale.phase = 'open'; sale.reason = 'schedule'; this.tell(id); }
      if (sale.phase === 'open' && now() >= sale.closes) { sale.phase = 'closed'; sale.reason = 'schedule'; this.tell(id); }
      if (sale.door.tick(now() - this.ticked)) this.tell(id);
    }
    this.ticked = now();
    for (const order of this.orders.values()) {
      if (order.state === 'awaiting_payment' && now() > Date.parse(order.deadline)) this.end(order, 'expired');
    }
  }

  tell(sale, order, cause) {
    for (const listener of this.listeners) listener(sale, order && { type: 'order', cause, ...order });
  }

  live(id) {
    const sale = this.sale(id);
    const items = this.counts(sale);
    return { type: 'live', sale: id, phase: sale.phase, reason: sale.reason, server_time: iso(now()), opens_at: iso(sale.opens), closes_at: iso(sale.closes), items, sold_out: items.every((item) => item.free === 0),
      line: sale.door.live(), notice: sale.door.notice };
  }

  counts(sale) {
    return [...sale.items.values()].map((item) => ({ item: item.item, title: item.title, stock: item.stock, free: item.free.length, held: item.held, paid: item.paid, standby: item.line.length }));
  }

  document(id) {
    const sale = this.sale(id);
    const { file } = sale;
    return { sale: id, title: file.title, description: file.description, currency: file.currency ?? 'EUR', phase: sale.phase, opens_at: iso(sale.opens), closes_at: iso(sale.closes), hold_seconds: file.hold_seconds ?? 600,
      lobby_at: iso(sale.lobby), per_buyer: file.per_buyer ?? 1, payment: file.payment ?? 'provider', ...sale.door.document(), items: file.items.map((item) => ({ per_buyer: file.per_buyer ?? 1, ...item })) };
  }

  me(id, buyer) {
    const sale = this.sale(id);
    const standby = [];
    for (const item of sale.items.values()) item.line.forEach((entry, i) => { if (entry.buyer === buyer) standby.push(this.standbyView(entry, i, id)); });
    return { sale: id, server_time: iso(now()), orders: [...this.orders.values()].filter((o) => o.sale === id && o.buyer === buyer).reverse(), standby };
  }

  adminView(id) {
    const sale = this.sale(id, true);
    return { ...this.adminBase(id, sale), items: this.counts(sale), money: sale.money,
      rates: Object.fromEntries(Object.entries(sale.totals).map(([name, total]) => [name, { total, per_second: 0 }])) };
  }

  adminBase(id, sale) {
    return { sale: id, title: sale.file.title, phase: sale.phase, reason: sale.reason, currency: sale.file.currency ?? 'EUR', opens_at: iso(sale.opens), closes_at: iso(sale.closes), server_time: iso(now()) };
  }
}

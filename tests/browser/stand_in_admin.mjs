// The stand-in's further calls for staff: the check of a sale file, its file, orders as CSV, the log of acts with
// filters, and what the dashboard shows beyond the numbers of the stock.
import { createHash } from 'node:crypto';

const kKey = /^[a-z0-9-]{1,64}$/;
const kLayers = ['rate_limited', 'channel_required', 'registration_required', 'filtered', 'challenge_required', 'not_open', 'closed', 'paused', 'not_your_turn', 'pass_required', 'path_required', 'sold_out', 'limit_reached', 'busy'];

// What the server would say about a file, as far as the console's tests ask; in the server's words.
export function faultsOf(file) {
  const faults = [];
  const fault = (place, message) => { if (!faults.some((one) => one.place === place)) faults.push({ pointer: place.replace(/[.[]/g, '/').replace(/\]/g, '').replace(/^/, '/'), place, message }); };
  const range = (value, place, low, high, must = false) => {
    if (value === undefined) { if (must) fault(place, 'is missing'); return; }
    if (typeof value !== 'number') fault(place, 'must be a whole number');
    else if (value < low || value > high) fault(place, `must be ${low}..${high}`);
  };
  const title = (value, place) => {
    if (value === undefined) fault(place, 'is missing');
    else if (typeof value === 'object' && !value?.en) fault(`${place}.en`, 'is missing');
    else if (value === '') fault(place, 'must not be empty');
  };
  const at = (value) => { const match = /^\+(\d+)([smh])$/.exec(value); return match ? Date.now() + match[1] * { s: 1e3, m: 6e4, h: 36e5 }[match[2]] : Date.parse(value); };
  if (!kKey.test(file.sale ?? '')) fault('sale', 'must be 1 to 64 of a-z, 0-9 and -');
  title(file.title, 'title');
  if (file.currency !== undefined && !/^[A-Z]{3}$/.test(file.currency)) fault('currency', 'must be three capital letters (ISO 4217)');
  for (const name of ['opens_at', 'closes_at']) {
    if (file[name] === undefined) fault(name, 'is missing');
    else if (Number.isNaN(at(file[name]))) fault(name, 'must be a time like "2026-11-22T08:30:00Z", or "+10s", "+5m", "+1h" from now');
  }
  if (at(file.closes_at) <= at(file.opens_at)) fault('closes_at', 'must be after opens_at');
  if (file.lobby_at !== undefined && at(file.lobby_at) > at(file.opens_at)) fault('lobby_at', 'must not be after opens_at');
  range(file.hold_seconds, 'hold_seconds', 1, 86_400);
  range(file.per_buyer, 'per_buyer', 1, 65_535);
  range(file.line?.rate, 'line.rate', 1, 100_000);
  range(file.admission?.filter?.ratio, 'admission.filter.ratio', 0.001, 1);
  (file.admission?.questions ?? []).forEach((one, i) => {
    title(one.question, `admission.questions[${i}].question`);
    if (!(one.answers?.length > 0)) fault(`admission.questions[${i}].answers`, 'must be 1..20');
  });
  if (!(file.items?.length > 0)) fault('items', 'must be 1..1000 items');
  const keys = new Set();
  (file.items ?? []).forEach((item, i) => {
    const place = (name) => `items[${i}].${name}`;
    if (!kKey.test(item.item ?? '')) fault(place('item'), 'must be 1 to 64 of a-z, 0-9 and -');
    else if (keys.has(item.item)) fault(place('item'), 'must be unique in the sale');
    keys.add(item.item);
    title(item.title, place('title'));
    range(item.stock, place('stock'), 1, 10_000_000, true);
    range(item.price, place('price'), 0, 100_000_000_000, true);
  });
  return faults;
}

const field = (text) => (/^[=+\-@\t\r\n]/.test(text) ? `"'${text.replace(/"/g, '""')}"` : /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
const plain = (title) => (typeof title === 'object' ? title.en : title ?? '');

function csv(orders) {
  const lines = orders.map((order) => [order.order, order.sale, plain(order.sale_title), order.state, order.buyer, order.created_at, order.updated_at, order.deadline, order.amount, order.currency, order.units.length,
    [...new Set(order.units.map((unit) => unit.item))].join('; '), order.units.map((unit) => `${unit.item} #${unit.unit}`).join('; ')].map((value) => field(String(value))).join(','));
  return `\uFEFF${['order,sale,sale_title,state,buyer,created_at,updated_at,deadline,amount_minor,currency,quantity,items,units', ...lines].join('\r\n')}\r\n`;
}

// `list(query)`: the orders that the filters leave, newest first.
export function adminRoutes(office, list, Refusal) {
  const operator = (account) => { if (account.role === 'viewer') throw new Refusal(403, 'forbidden', 'This needs the role operator.'); };
  return [
    ['a', 'POST', /^\/admin\/sales\/check$/, 'staff', ({ body, account }) => {
      operator(account);
      const faults = faultsOf(body);
      const known = office.sales.get(body.sale);
      return [200, { valid: faults.length === 0, faults, exists: known !== undefined, may_apply: faults.length === 0 && (known === undefined || known.phase === 'draft'), file: faults.length === 0 ? body : null }];
    }],
    ['a', 'GET', /^\/admin\/sales\/([^/]+)\/file$/, 'staff', ({ id }) => {
      const sale = office.sale(id, true);
      return [200, { ...sale.file, opens_at: new Date(sale.opens).toISOString(), closes_at: new Date(sale.closes).toISOString() }];
    }],
    ['a', 'GET', /^\/admin\/orders\.csv$/, 'staff', ({ query, headers }) => {
      headers['content-type'] = 'text/csv; charset=utf-8; header=present';
      return [200, csv(list(query))];
    }],
    ['a', 'GET', /^\/admin\/acts$/, 'staff', ({ query }) => [200, {
      acts: office.acts.filter((act) => ['sale', 'act', 'actor'].every((name) => !query.get(name) || String(act[name]) === query.get(name))).slice(0, Number(query.get('limit') ?? 100)) }]],
  ];
}

// The admin document of a sale with everything that the dashboard shows. The numbers that only a real server can
// measure are made up from the sale's id, so that they stand still from poll to poll but for a little.
export function adminExtras(office, id) {
  const sale = office.sale(id, true);
  const line = sale.door?.live?.() ?? null;
  const wobble = 1 + 0.2 * Math.sin(Date.now() / 4_000 + createHash('sha256').update(id).digest()[0]);
  const decided = sale.totals.granted + sale.totals.standby;
  const funnel = office.funnel();
  const of = (layer) => funnel.layers.find((one) => one.layer === layer)?.refused ?? 0;
  return {
    decision_rate: decided > 0 && sale.phase === 'open' ? Math.round(decided * wobble) / 10 : 0,
    latency: { p50_ms: decided > 0 ? 2.1 * wobble : null, p99_ms: decided > 0 ? 7.4 * wobble : null, decisions: decided },
    ...(line && { line: { ...line, left: line.left ?? 0, capacity: sale.file.line.capacity ?? 1_000_000 } }),
    funnel: [...kLayers.map((layer) => ({ layer, refused: of(layer) })), { layer: 'granted', given: funnel.granted }, { layer: 'standby', given: funnel.standby }],
    registrations: sale.door?.registered?.size ?? 0,
    notice: sale.door?.notice ?? null,
  };
}

// A stand-in for the server, so that the pages can be developed and tried by themselves: three listeners
// (general, rush, admin), the sandbox's payment page, and the built pages of build/…/web.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { join, extname } from 'node:path';
import { randomBytes } from 'node:crypto';
import { adminExtras, adminRoutes } from './stand_in_admin.mjs';
import { BoxOffice } from './stand_in_box_office.mjs';
import { Refusal } from './stand_in_refusal.mjs';
import { accept } from './stand_in_websocket.mjs';

const kTypes = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.html': 'text/html; charset=utf-8' };

export async function startStandIn(dist) {
  const office = new BoxOffice();
  const accounts = new Map();   // e-mail → {account, password}
  const tokens = new Map();     // token or cookie → account
  const answers = new Map();    // idempotency key → answer
  const sockets = new Map();    // client → {sale, buyer}
  const routes = JSON.parse(readFileSync(join(dist, 'routes.json'), 'utf8'));
  const state = { office, setup_token: 'one-time-token', busy: 0, slow_ms: 0 };
  const ports = {};

  office.listeners.add((sale, order) => {
    for (const [client, about] of sockets) {
      if (about.sale !== sale) continue;
      if (order) { if (order.buyer === about.buyer) client.send(order); }
      client.send(office.live(sale));
    }
  });

  // Cookies do not know ports: shop and console need names of their own.
  const cookieName = (staff) => (staff ? 'staff_refresh' : 'shop_refresh');
  const refresh = (staff) => ({ request, headers }) => {
    const cookie = new RegExp(`(?:^|; )${cookieName(staff)}=(\\w+)`).exec(request.headers.cookie ?? '');
    const account = cookie && tokens.get(cookie[1]);
    if (!account || (account.role !== 'buyer') !== staff) throw new Refusal(401, 'unauthenticated', 'Sign in.');
    return [200, session(account, headers)];
  };
  const signOut = (staff) => ({ headers }) => { headers['set-cookie'] = `${cookieName(staff)}=; Max-Age=0; Path=/`; return [204]; };
  const session = (account, headers) => {
    const token = randomBytes(12).toString('hex');
    const cookie = randomBytes(12).toString('hex');
    tokens.set(token, account);
    tokens.set(cookie, account);
    headers['set-cookie'] = `${cookieName(account.role !== 'buyer')}=${cookie}; HttpOnly; SameSite=Strict; Path=/`;
    return { token, expires_at: new Date(Date.now() + 900_000).toISOString(), account };
  };
  const create = (email, password, role, language = 'en') => {
    if (!/@/.test(email ?? '') || (password ?? '').length < 8) throw new Refusal(422, 'invalid', 'email: must be an e-mail address');
    if (accounts.has(email)) throw new Refusal(409, 'email_taken', 'This e-mail has an account.');
    const account = { id: String(accounts.size + 42), email, language, role };
    accounts.set(email, { account, password });
    return account;
  };
  const sign_in = (body, staff) => {
    const found = accounts.get(body.email);
    if (!found || found.password !== body.password || (found.account.role !== 'buyer') !== staff) throw new Refusal(401, 'wrong_credentials', 'E-mail or password is wrong.');
    return found.account;
  };
  const list = (query, buyer) => {
    const words = (query.get('q') ?? '').toLowerCase();
    const rows = [...office.orders.values()].reverse().filter((order) => (!buyer || order.buyer === buyer)
      && (!query.get('item') || order.units.some((unit) => unit.item === query.get('item')))
      && (!query.get('from') || order.created_at >= query.get('from')) && (!query.get('until') || order.created_at < query.get('until'))
      && (!query.get('state') || order.state === query.get('state')) && (!query.get('sale') || order.sale === query.get('sale'))
      && JSON.stringify(order).toLowerCase().includes(words));
    const email = (id) => [...accounts.values()].find((entry) => entry.account.id === id)?.account.email;
    return { orders: rows.slice(0, 50).map((order) => (buyer ? order : { ...order, email: email(order.buyer) })), next_cursor: null };
  };

  // [listeners, method, pattern, role, handler]; the handler gets what it needs and returns [status, body].
  const table = [
    ...adminRoutes(office, (query) => list(query, null).orders, Refusal),
    ['gr', 'GET', /^\/sales$/, null, () => [200, { sales: [...office.sales].filter(([, s]) => s.phase !== 'draft').map(([id]) => office.document(id)) }]],
    ['gr', 'GET', /^\/sales\/([^/]+)$/, null, ({ id }) => [200, office.document(id)]],
    ['gr', 'GET', /^\/sales\/([^/]+)\/live$/, null, ({ id }) => [200, office.live(id)]],
    ['gr', 'GET', /^\/sales\/([^/]+)\/me$/, 'any', ({ id, account }) => [200, office.me(id, account.id)]],
    ['gr', 'DELETE', /^\/sales\/([^/]+)\/standby$/, 'any', ({ id, account }) => { office.leave(id, account.id); return [204]; }],
    ['gr', 'GET', /^\/sales\/([^/]+)\/place$/, 'any', ({ door, account }) => [200, door.view(door.found(account.id))]],
    ['gr', 'POST', /^\/sales\/([^/]+)\/place$/, 'any', ({ id, door, account, request }) => {
      door.channel(request.headers);
      const answer = door.take(account.id);
      office.tell(id);
      return answer;
    }],
    ['gr', 'DELETE', /^\/sales\/([^/]+)\/place$/, 'any', ({ id, door, account }) => { door.leave(account.id); office.tell(id); return [204]; }],
    ['gr', 'POST', /^\/sales\/([^/]+)\/pass$/, 'any', ({ door, account }) => door.claim(account.id)],
    ['gr', 'GET', /^\/sales\/([^/]+)\/registration$/, 'any', ({ door, account }) => [200, door.registration(account.id)]],
    ['gr', 'POST', /^\/sales\/([^/]+)\/registration$/, 'any', ({ door, account }) => door.register(account.id)],
    ['gr', 'DELETE', /^\/sales\/([^/]+)\/registration$/, 'any', ({ door, account }) => { door.registered.delete(account.id); return [204]; }],
    ['gr', 'GET', /^\/sales\/([^/]+)\/challenge$/, 'any', ({ door, account }) => [200, door.challenge(account.id)]],
    ['gr', 'POST', /^\/sales\/([^/]+)\/challenge$/, 'any', ({ door, account, body }) => [201, door.answer(account.id, body)]],
    ['gr', 'GET', /^\/sales\/([^/]+)\/path$/, 'any', ({ door, account, request }) => [200, door.path(account.id, request.headers)]],
    ['gr', 'GET', /^\/sales\/([^/]+)\/draw$/, null, ({ door }) => [200, door.drawDocument()]],
    ['gr', 'GET', /^\/sales\/([^/]+)\/draw\/entries$/, null, ({ door, query }) => [200, door.drawEntries(Number(query.get('from') ?? 1), Number(query.get('limit') ?? 10_000))]],
    ['gr', 'POST', /^\/sales\/([^/]+)\/holds(?:\/(\w+))?$/, 'any', ({ id, code, account, body, key, request }) => {
      if (state.busy > 0) { state.busy -= 1; throw new Refusal(503, 'busy', 'Too many requests.', { retry_after_seconds: 1 }); }
      if (key && answers.has(key)) return answers.get(key);
      const { status, body: answer } = office.hold(id, account.id, body, request.headers, code);
      if (key) answers.set(key, [status, answer]);
      return [status, answer];
    }],
    ['g', 'GET', /^\/config$/, null, () => [200, { rush_origin: `http://127.0.0.1:${ports.rush}`, languages: ['en', 'zh'], server_time: new Date().toISOString() }]],
    ['g', 'POST', /^\/accounts$/, null, ({ body, headers }) => [201, session(create(body.email, body.password, 'buyer', body.language), headers)]],
    ['g', 'POST', /^\/sessions$/, null, ({ body, headers }) => [200, session(sign_in(body, false), headers)]],
    ['g', 'POST', /^\/sessions\/refresh$/, null, refresh(false)],
    ['g', 'DELETE', /^\/sessions$/, null, signOut(false)],
    ['g', 'GET', /^\/orders$/, 'any', ({ query, account }) => [200, list(query, account.id)]],
    ['g', 'GET', /^\/orders\/(\d+)$/, 'any', ({ order }) => [200, order]],
    ['g', 'DELETE', /^\/orders\/(\d+)$/, 'any', ({ order }) => { office.end(order, 'released'); return [204]; }],
    ['g', 'PUT', /^\/orders\/(\d+)$/, 'any', ({ order }) => { office.end(order, 'paid'); return [200, order]; }],
    ['g', 'POST', /^\/orders\/(\d+)\/payments$/, 'any', ({ order }) => {
      if (order.state !== 'awaiting_payment') throw new Refusal(409, 'wrong_state', `The order is ${order.state}.`);
      if (order.payment?.state !== 'started') order.payment = { payment: `p${order.order}`, state: 'started', amount: order.amount, currency: order.currency, started_at: new Date().toISOString() };
      return [201, { payment: order.payment.payment, url: `http://127.0.0.1:${ports.provider}/pay/${order.order}` }];
    }],
    ['a', 'POST', /^\/staff\/sessions$/, null, ({ body, headers }) => [200, session(sign_in(body, true), headers)]],
    ['a', 'POST', /^\/staff\/sessions\/refresh$/, null, refresh(true)],
    ['a', 'DELETE', /^\/staff\/sessions$/, null, signOut(true)],
    ['a', 'POST', /^\/staff\/setup$/, null, ({ body, headers }) => {
      if (body.token !== state.setup_token) throw new Refusal(401, 'unauthenticated', 'The link is no longer valid.');
      const account = create(body.email, body.password, 'owner');
      state.setup_token = null;
      return [201, session(account, headers)];
    }],
    ['a', 'GET', /^\/admin\/sales$/, 'staff', () => [200, { sales: [...office.sales.keys()].map((id) => office.adminView(id)) }]],
    ['a', 'GET', /^\/admin\/sales\/([^/]+)$/, 'staff', ({ id }) => [200, { ...office.adminView(id), ...adminExtras(office, id) }]],
    ['a', 'PUT', /^\/admin\/sales\/([^/]+)$/, 'staff', ({ id, body, account }) => [office.define(id, body, `staff-${account.id}`) ? 201 : 200, office.adminView(id)]],
    ['a', 'POST', /^\/admin\/sales\/([^/]+)\/acts$/, 'staff', ({ id, body, account }) => { if (account.role === 'viewer') throw new Refusal(403, 'forbidden', 'This needs the role operator.'); office.act(id, body, `staff-${account.id}`); return [200, office.adminView(id)]; }],
    ['a', 'GET', /^\/admin\/funnel$/, 'staff', () => [200, office.funnel()]],
    ['a', 'GET', /^\/admin\/orders$/, 'staff', ({ query }) => [200, list(query, null)]],
    ['a', 'GET', /^\/admin\/orders\/(\d+)$/, 'staff', ({ order }) => [200, { ...order, payments: order.payment ? [order.payment] : [] }]],
    ['a', 'PUT', /^\/admin\/orders\/(\d+)$/, 'staff', ({ order }) => { office.end(order, 'paid'); return [200, order]; }],
    ['a', 'POST', /^\/admin\/orders\/(\d+)\/refund$/, 'staff', ({ order, body, account }) => { office.refund(order, body.reason, `staff-${account.id}`); return [200, order]; }],
    ['a', 'GET', /^\/admin\/staff$/, 'staff', () => [200, { staff: [...accounts.values()].map((e) => e.account).filter((a) => a.role !== 'buyer') }]],
    ['a', 'POST', /^\/admin\/staff$/, 'staff', ({ body }) => {
      if (body.account === undefined) return [201, create(body.email, body.password, body.role)];
      const staff = [...accounts.values()].map((entry) => entry.account);
      const account = staff.find((entry) => entry.id === body.account);
      if (!account) throw new Refusal(404, 'not_found', 'There is no such account.');
      if (account.role === 'owner' && body.role !== 'owner' && !staff.some((entry) => entry !== account && entry.role === 'owner')) throw new Refusal(409, 'wrong_state', 'The last owner must stay an owner.');
      account.role = body.role;
      return [200, account];
    }],
  ];

  const answer = (listener, request, text, headers) => {
    const url = new URL(request.url, 'http://x');
    const path = url.pathname.slice('/api/v1'.length);
    for (const [listeners, method, pattern, role, handler] of table) {
      const match = pattern.exec(path);
      if (!match || method !== request.method || !listeners.includes(listener)) continue;
      const account = tokens.get((request.headers.authorization ?? '').slice(7));
      if (role !== null && !account) throw new Refusal(401, 'unauthenticated', 'Sign in.');
      if (role === 'staff' && account.role === 'buyer') throw new Refusal(403, 'forbidden', 'For staff only.');
      const order = /^\/(admin\/)?orders\/\d/.test(path) ? office.orders.get(match[1]) : undefined;
      if (/^\/(admin\/)?orders\/\d/.test(path) && (!order || (role === 'any' && order.buyer !== account.id))) throw new Refusal(404, 'not_found', 'There is no such order.');
      const door = /^\/sales\/./.test(path) ? office.sale(match[1]).door : undefined;
      return handler({ id: match[1], code: match[2] ?? null, door, order, account, body: text ? JSON.parse(text) : {}, query: url.searchParams, key: request.headers['idempotency-key'], headers, request, listener });
    }
    throw new Refusal(404, 'not_found', 'There is no such call.');
  };

  const api = (listener, request, response, text) => {
    const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
    const origin = request.headers.origin;
    if (listener === 'r' && origin) Object.assign(headers, { 'access-control-allow-origin': origin, 'access-control-allow-headers': 'authorization, content-type, idempotency-key, x-onrush-channel, onrush-pass, onrush-challenge', 'access-control-allow-methods': 'GET, POST, DELETE', 'access-control-expose-headers': 'Retry-After', 'access-control-max-age': '600' });
    if (request.method === 'OPTIONS') return void response.writeHead(204, headers).end();
    try {
      const [status, body] = answer(listener, request, text, headers);
      response.writeHead(status, headers).end(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.more.retry_after_seconds) headers['retry-after'] = String(error.more.retry_after_seconds);
      headers['content-type'] = 'application/problem+json';
      response.writeHead(error.status, headers).end(JSON.stringify({ type: `https://onrush.dev/problems/${error.code}`, title: error.code, status: error.status, code: error.code, detail: error.detail, trace_id: 'stand-in', ...error.more }));
    }
  };

  const matches = (pattern, path) => new RegExp(`^${pattern.replace(/\{\w+\}/g, '[\\w.~-]+')}$`).test(path);
  const pages = (listener, request, response) => {
    const path = new URL(request.url, 'http://x').pathname;
    const route = routes[listener === 'a' ? 'admin' : 'general'].find((row) => matches(row.path, path));
    const file = path.startsWith('/assets/') ? path : route ? `/${route.page}` : null;
    let bytes;
    try {
      bytes = file && readFileSync(join(dist, file));
    } catch {
      bytes = null;
    }
    if (!bytes) return void response.writeHead(404).end('not found');
    response.writeHead(200, { 'content-type': kTypes[extname(file)], 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff',
      'content-security-policy': `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; connect-src 'self' http://127.0.0.1:${ports.rush} ws://127.0.0.1:${ports.rush}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'` }).end(bytes);
  };

  const provider = (request, response, text) => {
    const id = /^\/pay\/(\d+)$/.exec(request.url)?.[1];
    const order = id && office.orders.get(id);
    if (!order) return void response.writeHead(404).end('no such payment');
    if (request.method === 'GET') {
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Sandbox</title><main><h1>Sandbox payment</h1><form method="post"><button name="action" value="pay">Pay</button> <button name="action" value="decline">Decline</button> <button name="action" value="abandon">Leave without paying</button></form></main></html>');
    }
    response.writeHead(303, { location: `http://127.0.0.1:${ports.general}/order/${id}` }).end();
    // The provider's notice comes a moment after the shopper.
    setTimeout(() => {
      const action = new URLSearchParams(text).get('action');
      if (order.state !== 'awaiting_payment' || action === 'abandon') return;
      if (action === 'decline') return office.decline(order);
      Object.assign(order.payment, { state: 'captured', captured: order.amount });
      office.end(order, 'paid');
    }, 900);
  };

  const servers = [];
  const listen = (name, handler) => new Promise((resolve) => {
    const server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => { text += chunk; });
      request.on('end', () => setTimeout(() => handler(request, response, text), state.slow_ms));
    });
    server.on('upgrade', (request, socket) => {
      const url = new URL(request.url, 'http://x');
      if (url.pathname !== '/api/v1/live') return socket.destroy();
      accept(request, socket, (client, data) => {
        const message = JSON.parse(data);
        if (message.type === 'ping') return client.send({ type: 'pong', server_time: new Date().toISOString() });
        sockets.set(client, { sale: url.searchParams.get('sale'), buyer: tokens.get(message.token)?.id });
        client.send({ type: 'welcome', server_time: new Date().toISOString() });
        client.send(office.live(url.searchParams.get('sale')));
      }, (client) => sockets.delete(client));
    });
    server.listen(0, '127.0.0.1', () => {
      ports[name] = server.address().port;
      servers.push(server);
      resolve();
    });
  });
  const serve = (listener) => (request, response, text) =>
    (request.url.startsWith('/api/v1/') ? api(listener, request, response, text) : pages(listener, request, response));
  await listen('general', serve('g'));
  await listen('rush', serve('r'));
  await listen('admin', serve('a'));
  await listen('provider', provider);
  const ticker = setInterval(() => office.tick(), 50);
  return {
    state,
    general: `http://127.0.0.1:${ports.general}`,
    admin: `http://127.0.0.1:${ports.admin}`,
    setup: `http://127.0.0.1:${ports.admin}/setup?token=${state.setup_token}`,
    stop() {
      clearInterval(ticker);
      for (const client of sockets.keys()) client.close();
      for (const server of servers) { server.closeAllConnections?.(); server.close(); }
    },
  };
}

// What journeys and screenshots share: the server to talk to, the browser, and quick ways to set a scene.
import { chromium } from 'playwright-core';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startRealServer } from './real_server.mjs';
import { startStandIn } from './stand_in.mjs';

export const kRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const kFlags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const kPassword = 'correct horse battery';

export function buildPages(dist = join(kRoot, 'build', 'web')) {
  execFileSync('python3', [join(kRoot, 'scripts', 'embed_assets.py'), '--web', join(kRoot, 'web'), '--dist', dist], { stdio: 'inherit', timeout: 60_000 });
  return dist;
}

// The program that ONRUSH_BINARY names, else a running server that the environment names, else the stand-in.
export async function findServer() {
  const owner = { email: process.env.ONRUSH_STAFF_EMAIL ?? 'owner@example.test', password: process.env.ONRUSH_STAFF_PASSWORD ?? kPassword };
  if (process.env.ONRUSH_BINARY) return { real: true, ...await startRealServer(process.env.ONRUSH_BINARY), owner };
  const general = process.env.ONRUSH_GENERAL_URL;
  if (general) {
    const admin = process.env.ONRUSH_ADMIN_URL;
    if (!admin) throw new Error('ONRUSH_ADMIN_URL is missing');
    return { real: true, general: general.replace(/\/$/, ''), admin: admin.replace(/\/$/, ''), setup: process.env.ONRUSH_SETUP_URL, owner,
      staff_token: process.env.ONRUSH_STAFF_TOKEN, stop() {} };
  }
  return { real: false, ...await startStandIn(buildPages()), owner };
}

export async function startBrowser() {
  const executablePath = process.env.ONRUSH_CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) throw new Error(`${executablePath} is missing: apt-get install chromium, or set ONRUSH_CHROMIUM`);
  const profile = mkdtempSync(join(tmpdir(), 'onrush-browser-'));
  const context = await chromium.launchPersistentContext(profile, { executablePath, args: kFlags, headless: true, timeout: 90_000 });
  const browser = context.browser() ?? context;
  return {
    // A visitor with a browser profile of his own.
    async visitor(options = {}) {
      const own = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', timezoneId: 'Europe/Berlin', ...options });
      own.setDefaultTimeout(15_000);
      return own;
    },
    async stop() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

// To another page of the console without loading it again: the token of staff lives in the page.
export async function visit(page, path) {
  await page.evaluate((to) => {
    history.pushState(null, '', to);
    window.dispatchEvent(new PopStateEvent('popstate'));
  }, path);
}

async function call(origin, path, { method = 'GET', token, json, headers } = {}) {
  const response = await fetch(origin + path, { method, signal: AbortSignal.timeout(15_000),
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers }, ...(json === undefined ? {} : { body: JSON.stringify(json) }) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? {} : JSON.parse(text);
}

// What staff and shoppers do outside the page that is looked at.
export class Scene {
  constructor(server) {
    this.server = server;
    this.number = Date.now() % 1_000_000;
  }

  // Signs staff in; makes the first owner by the one-time link if there is none.
  async owner() {
    if (this.server.staff_token) return this.server.staff_token;
    const { email, password } = this.server.owner;
    const session = await call(this.server.admin, '/api/v1/staff/sessions', { method: 'POST', json: { email, password } }).catch(async (error) => {
      const token = this.server.setup && new URL(this.server.setup).searchParams.get('token');
      if (!token) throw error;
      await call(this.server.admin, '/api/v1/staff/setup', { method: 'POST', json: { token, email, password } });
      return call(this.server.admin, '/api/v1/staff/sessions', { method: 'POST', json: { email, password } });
    });
    return (this.server.staff_token = session.token);
  }

  id(word) {
    this.number += 1;
    return `${word}-${this.number}`;
  }

  file(word, more = {}) {
    return { sale: this.id(word), title: { en: 'Midnight drop', zh: '零点限量' }, description: { en: 'One per person.', zh: '每人限购一件。' }, currency: 'EUR', opens_at: '+1h', closes_at: '+2h', hold_seconds: 120,
      items: [{ item: 'poster', title: { en: 'Signed poster', zh: '签名海报' }, stock: 5, price: 4500 }], ...more };
  }

  async define(file, ...acts) {
    const token = await this.owner();
    await call(this.server.admin, `/api/v1/admin/sales/${file.sale}`, { method: 'PUT', token, json: file });
    for (const act of acts) await this.act(file.sale, act);
    return file.sale;
  }

  async act(sale, act) {
    return call(this.server.admin, `/api/v1/admin/sales/${sale}/acts`, { method: 'POST', token: await this.owner(), json: typeof act === 'string' ? { act } : act });
  }

  async addStaff(account) {
    return call(this.server.admin, '/api/v1/admin/staff', { method: 'POST', token: await this.owner(), json: account });
  }

  async sale(id) {
    return call(this.server.admin, `/api/v1/admin/sales/${id}`, { token: await this.owner() });
  }

  async buyer() {
    const email = `${this.id('shopper')}@example.test`;
    const session = await call(this.server.general, '/api/v1/accounts', { method: 'POST', json: { email, password: kPassword, language: 'en' } });
    return { email, password: kPassword, token: session.token, id: session.account.id };
  }

  async hold(buyer, sale, item, quantity = 1, headers = {}) {
    return call(this.server.general, `/api/v1/sales/${sale}/holds`, { method: 'POST', token: buyer.token, json: { item, quantity }, headers });
  }

  // What a buyer has in a sale, or asks for: place, pass, registration.
  async ask(buyer, sale, what, method = 'GET') {
    return call(this.server.general, `/api/v1/sales/${sale}/${what}`, { method, token: buyer?.token, ...(method === 'POST' ? { json: {} } : {}) });
  }

  // Asks again until there is an answer that is good enough.
  async until(ask, enough = () => true, ms = 20_000) {
    for (const end = Date.now() + ms; ;) {
      const answer = await ask().then((value) => ({ value }), (error) => ({ error }));
      if (!answer.error && enough(answer.value)) return answer.value;
      if (Date.now() > end) throw answer.error ?? new Error(`never enough: ${JSON.stringify(answer.value)}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  // As soon as places are given; again while they are not yet.
  async place(buyer, sale) {
    return this.until(() => this.ask(buyer, sale, 'place', 'POST'));
  }

  // Waits for its turn and takes it.
  async pass(buyer, sale) {
    return this.until(() => this.ask(buyer, sale, 'pass', 'POST'));
  }

  // Starts a payment and pays it on the provider's page, as a browser would.
  async pay(buyer, order) {
    const { url } = await call(this.server.general, `/api/v1/orders/${order}/payments`, { method: 'POST', token: buyer.token });
    const paid = await fetch(url, { method: 'POST', redirect: 'manual', signal: AbortSignal.timeout(15_000),
      headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'action=pay' });
    if (paid.status !== 303) throw new Error(`${url}: ${paid.status} ${await paid.text()}`);
  }

  async release(buyer, order) {
    return call(this.server.general, `/api/v1/orders/${order}`, { method: 'DELETE', token: buyer.token });
  }

  // Signs a shopper in through the page.
  async signIn(page, { email, password }, next = '/') {
    await page.goto(`${this.server.general}/sign-in?next=${next}`);
    await page.fill('input[name=email]', email);
    await page.fill('input[name=password]', password);
    await page.click('button[type=submit]');
    await page.waitForURL((url) => url.pathname === next);
  }

  async signInStaff(page, { email, password } = this.server.owner) {
    await this.owner();
    await page.goto(`${this.server.admin}/`);
    await page.fill('input[name=email]', email);
    await page.fill('input[name=password]', password);
    await page.click('button[type=submit]');
    await page.getByRole('navigation').waitFor();
  }
}

// The admin console: one shell, one bundle.

import { Api } from '../shared/api';
import { ServerClock } from '../shared/clock';
import { Announcer, h, patch } from '../shared/dom';
import { applyLanguage, language, rememberLanguage } from '../shared/language';
import { SignedIn } from '../shared/session';
import { openActs } from './acts';
import type { Context, OpenPage, Page } from './context';
import { openDashboard } from './dashboard';
import { openEditor } from './editor';
import { openOrder } from './order';
import { openOrders } from './orders';
import { openSales } from './sales';
import { openSetup, openSignIn } from './sign_in';
import { openStaff } from './staff';
import { t, type TextKey } from './texts';

const routes: [RegExp, OpenPage][] = [
  [/^\/$/, openSales],
  [/^\/sales\/([a-z0-9-]{1,64})$/, openDashboard],
  [/^\/sales\/([a-z0-9-]{1,64})\/edit$/, openEditor],
  [/^\/new$/, openEditor],
  [/^\/orders$/, openOrders],
  [/^\/orders\/([0-9]{1,20})$/, openOrder],
  [/^\/acts$/, openActs],
  [/^\/staff$/, openStaff],
];

const menu: [string, TextKey][] = [['/', 'sales'], ['/orders', 'orders'], ['/acts', 'acts'], ['/staff', 'staff']];

class Console implements Context {
  readonly clock = new ServerClock();
  readonly session = new SignedIn({
    sign_in: '/api/v1/staff/sessions', refresh: '/api/v1/staff/sessions/refresh', sign_out: '/api/v1/staff/sessions',
    mark: 'onrush.staff' }, () => this.clock.now());
  readonly api = new Api(this.session);
  private readonly announcer = new Announcer(document.getElementById('status')!);
  private readonly top = document.getElementById('top')!;
  private readonly main = document.getElementById('main')!;
  private page: Page | null = null;
  private shown = location.href;

  async start(): Promise<void> {
    applyLanguage();
    await this.session.start();
    this.session.onchange = () => this.open();
    window.addEventListener('popstate', () => this.back());
    document.addEventListener('click', (event) => this.followLink(event));
    this.open();
  }

  navigate(path: string): void {
    if (this.page?.mayLeave?.() === false) return;
    history.pushState(null, '', path);
    this.shown = location.href;
    this.open();
    window.scrollTo(0, 0);
    this.main.focus({ preventScroll: true });
  }

  // The address has changed already: who wants to stay gets it back.
  private back(): void {
    if (location.href.split('#')[0] === this.shown.split('#')[0]) return;
    if (this.page?.mayLeave?.() === false) {
      history.pushState(null, '', this.shown);
      return;
    }
    this.shown = location.href;
    this.open();
  }

  announce(text: string): void {
    this.announcer.say(text);
  }

  title(text: string): void {
    const full = `${text} – ${t('brand')}`;
    if (document.title !== full) document.title = full;
  }

  private staff(): boolean {
    const role = this.session.account()?.role;
    return role !== undefined && role !== 'buyer';
  }

  private open(): void {
    this.page?.stop();
    this.page = null;
    patch(this.main);
    this.renderTop();
    if (location.pathname === '/setup' && !this.staff()) {
      this.page = openSetup(this.main, this, new URLSearchParams(location.search).get('token') ?? '');
      return;
    }
    if (!this.staff()) {
      this.page = openSignIn(this.main, this, '');
      return;
    }
    // The used one-time token does not stay in the address.
    if (location.pathname === '/setup') history.replaceState(null, '', '/');
    this.shown = location.href;
    for (const [pattern, open] of routes) {
      const match = pattern.exec(location.pathname);
      if (match === null) continue;
      this.page = open(this.main, this, match[1] ?? '');
      this.renderTop();
      return;
    }
    this.title(t('sales'));
    patch(this.main, h('h1', null, t('not_found')), h('p', null, h('a', { href: '/' }, t('sales'))));
  }

  private renderTop(): void {
    document.getElementById('skip')!.textContent = t('skip');
    const account = this.session.account();
    const current = (path: string) => (path === '/' ? location.pathname === '/' || /^\/(sales|new)/.test(location.pathname) : location.pathname.startsWith(path));
    patch(this.top,
      h('a', { class: 'brand', href: '/' }, h('i', { class: 'mark', 'aria-hidden': 'true' }), h('span', null, t('brand'))),
      this.staff() && h('nav', null, menu.map(([path, key]) => h('a', { 'data-key': path, href: path, 'aria-current': current(path) ? 'page' : undefined }, t(key)))),
      h('div', { class: 'who' },
        account !== null && h('span', { class: 'email' }, account.email),
        account !== null && h('button', { 'data-key': 'out', class: 'link', type: 'button', onclick: () => { if (this.page?.mayLeave?.() !== false) void this.session.signOut(); } }, t('sign_out')),
        h('button', { 'data-key': 'lang', class: 'link language', type: 'button', lang: language() === 'zh' ? 'en' : 'zh-Hans', onclick: () => {
          rememberLanguage(language() === 'zh' ? 'en' : 'zh');
          this.renderTop();
          this.page?.render();
        } }, t('language_switch'))));
  }

  private followLink(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest('a');
    if (!link || link.origin !== location.origin || link.target !== '' || link.hash !== '') return;
    if (!routes.some(([pattern]) => pattern.test(link.pathname))) return;
    event.preventDefault();
    this.navigate(link.pathname + link.search);
  }
}

void new Console().start();

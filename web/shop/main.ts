// The shopper pages: one shell, one bundle, a handful of routes.

import { Api } from '../shared/api';
import { ServerClock } from '../shared/clock';
import { Announcer, h, patch } from '../shared/dom';
import { applyLanguage, language, rememberLanguage } from '../shared/language';
import { SignedIn } from '../shared/session';
import type { Config } from '../shared/types';
import type { Context, OpenPage, Page } from './context';
import { later } from './later';
import { openNotFound } from './not_found';
import { openSale } from './sale';
import { openSales } from './sales';
import { openSignIn } from './sign_in';
import { t } from './texts';

const loadOrder = () => import('./order');
const routes: [RegExp, OpenPage][] = [
  [/^\/$/, openSales],
  [/^\/s\/([a-z0-9-]{1,64})$/, openSale],
  [/^\/s\/([a-z0-9-]{1,64})\/draw$/, later(() => import('./draw'))],
  [/^\/order\/([0-9]{1,20})$/, later(loadOrder)],
  [/^\/s\/([a-z0-9-]{1,64})\/draw$/, later(() => import('./draw'))],
  [/^\/orders$/, later(() => import('./orders'))],
  [/^\/sign-in$/, openSignIn],
];

const kOrderAheadMs = 3_000;   // whoever gets a unit must not wait for the script of its page
const kClockSamples = [0, 700, 4_000];  // ms after the start

class Shop implements Context {
  readonly clock = new ServerClock();
  readonly session = new SignedIn({
    sign_in: '/api/v1/sessions', sign_up: '/api/v1/accounts', refresh: '/api/v1/sessions/refresh', sign_out: '/api/v1/sessions',
    mark: 'onrush.session' }, () => this.clock.now());
  readonly general = new Api(this.session);
  readonly rush = new Api(this.session);
  private readonly announcer = new Announcer(document.getElementById('status')!);
  private readonly top = document.getElementById('top')!;
  private readonly main = document.getElementById('main')!;
  private page: Page | null = null;

  async start(): Promise<void> {
    applyLanguage();
    this.renderTop();
    this.session.onchange = () => {
      this.renderTop();
      if (this.page?.account) this.page.account();
      else this.page?.render();
    };
    window.addEventListener('popstate', () => this.open());
    document.addEventListener('click', (event) => this.followLink(event));
    await Promise.all([this.configure(), this.session.start()]);
    this.open();
    window.setTimeout(() => void loadOrder().catch(() => {}), kOrderAheadMs * (1 + Math.random()));
    for (const after_ms of kClockSamples.slice(1)) window.setTimeout(() => void this.configure(), after_ms);
  }

  navigate(path: string, replace = false): void {
    if (replace) history.replaceState(null, '', path);
    else history.pushState(null, '', path);
    this.open();
    window.scrollTo(0, 0);
    this.main.focus({ preventScroll: true });
  }

  announce(text: string): void {
    this.announcer.say(text);
  }

  title(text: string): void {
    const full = text === '' ? t('brand') : `${text} – ${t('brand')}`;
    if (document.title !== full) document.title = full;
  }

  private async configure(): Promise<void> {
    const config = await this.general.call<Config>('/api/v1/config', { anonymous: true });
    if (!config.ok) return;
    this.clock.observe(config.value.server_time, config.sent_ms);
    const origin = config.value.rush_origin ?? '';
    if (/^https?:\/\/[^/]+$/.test(origin)) this.rush.origin = origin === location.origin ? '' : origin;
  }

  private open(): void {
    this.page?.stop();
    this.page = null;
    patch(this.main);
    this.renderTop();
    for (const [pattern, open] of routes) {
      const match = pattern.exec(location.pathname);
      if (match === null) continue;
      this.page = open(this.main, this, match[1] ?? '');
      return;
    }
    this.page = openNotFound(this.main, this, '');
  }

  private renderTop(): void {
    const account = this.session.account();
    const here = (path: string) => (location.pathname === path ? 'page' : undefined);
    document.getElementById('skip')!.textContent = t('skip');
    patch(this.top,
      h('a', { class: account === null ? 'brand' : 'brand tight', href: '/', 'aria-label': t('brand') }, h('i', { class: 'mark', 'aria-hidden': 'true' }), h('span', null, t('brand'))),
      h('nav', null,
        account !== null && h('a', { href: '/orders', 'aria-current': here('/orders') }, t('orders')),
        account === null
          ? h('a', { 'data-key': 'in', href: '/sign-in', 'aria-current': here('/sign-in') }, t('sign_in'))
          : h('button', { 'data-key': 'out', class: 'link', type: 'button', title: t('signed_in_as', { email: account.email }), onclick: () => void this.session.signOut() }, t('sign_out')),
        h('button', { 'data-key': 'lang', class: 'link language', type: 'button', lang: language() === 'zh' ? 'en' : 'zh-Hans', onclick: () => this.switchLanguage() }, t('language_switch'))));
  }

  private switchLanguage(): void {
    rememberLanguage(language() === 'zh' ? 'en' : 'zh');
    this.renderTop();
    this.page?.render();
  }

  // Links of our own pages change the page without loading it again, so that the token stays.
  private followLink(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest('a');
    if (!link || link.origin !== location.origin || link.target !== '' || link.hash !== '') return;
    if (!routes.some(([pattern]) => pattern.test(link.pathname))) return;
    event.preventDefault();
    this.navigate(link.pathname + link.search);
  }
}

void new Shop().start();

// How a shopper will see the sale on a phone: the shop's own pieces and style sheet, in a frame of 360 px, filled
// from the draft. Nothing in it can be clicked, and it asks no server.

import { h, patch } from '../shared/dom';
import { withLanguage, type Language } from '../shared/language';
import type { Live, LiveLine, Phase, Sale, SaleItem, Text } from '../shared/types';
import { FrontDoor } from '../shop/front_door';
import { hero } from '../shop/sale_hero';
import { itemCard } from '../shop/sale_item';
import { SalePage } from '../shop/sale';
import { list, read, type Draft, type Json } from './sale_draft';
import { t } from './texts';

export type Moment = 'before' | 'open' | 'sold_out' | 'paused';
export const kMoments: Moment[] = ['before', 'open', 'sold_out', 'paused'];
const kPhases: Record<Moment, Phase> = { before: 'announced', open: 'open', sold_out: 'open', paused: 'paused' };

export class Preview {
  readonly frame = h('iframe', { class: 'phone', title: t('preview_title'), tabindex: -1 });
  private root: HTMLElement | null = null;
  private page: SalePage | null = null;

  constructor() {
    // A blank frame inherits the page's policy; its document is there once it is part of the page.
    this.frame.addEventListener('load', () => this.fill());
  }

  private fill(): void {
    const inside = this.frame.contentDocument;
    const style = document.querySelector<HTMLMetaElement>('meta[name=shop-css]')?.content;
    if (inside === null || style === undefined) return;
    if (this.root !== null && this.root.ownerDocument === inside) return;
    inside.head.append(h('link', { rel: 'stylesheet', href: style, onload: () => this.fit() }));
    this.root = h('main', { class: 'page' });
    inside.body.setAttribute('inert', '');
    inside.body.append(this.root);
    inside.title = t('preview_title');
  }

  show(draft: Draft, moment: Moment, language: Language, now_ms: number): void {
    this.fill();
    if (this.root === null) return;
    this.frame.title = t('preview_title');
    this.root.ownerDocument.documentElement.lang = language === 'zh' ? 'zh-Hans' : 'en';
    try {
      withLanguage(language, () => {
        const page = (this.page ??= emptyPage());
        fillPage(page, draft, moment, now_ms);
        const items = page.sale!.items;
        patch(this.root!, h('div', { class: 'sale-hero' }, hero(page)),
          h('div', { class: 'sale-items' }, h('ul', { class: items.length === 1 ? 'items single' : 'items' }, items.map((item) => itemCard(page, item)))));
      });
    } catch {
      // A draft may say anything at all; the form says what is wrong with it.
      patch(this.root, h('p', null, t('preview_none')));
    }
    this.fit();
  }

  private fit(): void {
    const height = this.root?.ownerDocument.documentElement.scrollHeight ?? 0;
    if (height > 0) this.frame.style.setProperty('height', `${Math.min(4_000, Math.max(320, this.root!.offsetHeight))}px`);
  }
}

// The shop's page of a sale without its server: what it would hold after its first documents.
function emptyPage(): SalePage {
  const page = Object.create(SalePage.prototype) as SalePage;
  const nothing = () => undefined;
  const context = { session: { account: () => ({ id: '1', email: '', language: 'en', role: 'buyer' }) }, navigate: nothing, announce: nothing, title: nothing };
  Object.assign(page, { orders: new Map(), standby: [], standby_at_ms: 0, turn: null, connection: 'push', attempt: null, notes: new Map(), quantities: new Map(), leaving: null, gate: null, render: nothing, context });
  const door = new FrontDoor(page);
  door.stop();  // it is asked what it shows, and asks nothing itself
  door.registered = false;
  return Object.assign(page, { door: Object.assign(door, { asked: true }) });
}

function fillPage(page: SalePage, draft: Draft, moment: Moment, now_ms: number): void {
  const lined = ['draw', 'fifo'].includes(String(read(draft, ['line', 'mode'])));
  const sale = saleOf(draft, lined && moment === 'before' ? 'lobby' : kPhases[moment], now_ms);
  const place = { sale: sale.sale, entry: 512, number: 340, state: 'waiting' as const, serving: 300, ahead: 39, eta_seconds: { low: 20, high: 40 }, pass_expires_at: null, server_time: new Date(now_ms).toISOString() };
  Object.assign(page, { id: sale.sale, sale, live: liveOf(sale, moment, now_ms) });
  Object.assign(page.context, { clock: { now: () => now_ms } });
  Object.assign(page.door, { place: lined && moment !== 'before' ? place : null, updated_ms: now_ms });
}

const number = (value: Json | undefined, absent: number) => (typeof value === 'number' && Number.isFinite(value) ? value : absent);
const time = (value: Json | undefined, absent_ms: number) => new Date(typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? value : absent_ms).toISOString();

function saleOf(draft: Draft, phase: Phase, now_ms: number): Sale {
  const hour = 3_600_000;
  const text = (value: Json | undefined, absent = '') => (value === undefined || value === '' || value === null ? absent : value) as Text;
  const per_buyer = number(draft['per_buyer'], 1);
  const channels = list(draft, ['admission', 'channels']).map(String);
  const registration = String(read(draft, ['admission', 'registration']) ?? 'off');
  const mode = String(read(draft, ['line', 'mode']) ?? 'off');
  const lined = mode === 'draw' || mode === 'fifo';
  const items = list(draft, ['items']).map((_, i): SaleItem => {
    const at = (key: string) => read(draft, ['items', i, key]);
    return { item: `${i}`, title: text(at('title'), t('e_item_n', { n: i + 1 })), description: text(at('description')), image_url: String(at('image_url') ?? ''), stock: number(at('stock'), 0), price: number(at('price'), 0),
      per_buyer: number(at('per_buyer'), per_buyer), standby: at('standby') === false || draft['standby'] === false ? false : number(at('standby'), 1) };
  });
  const opens = time(draft['opens_at'], now_ms + hour);
  return { sale: String(draft['sale'] || 'preview'), title: text(draft['title'], t('title')), description: text(draft['description']), currency: String(draft['currency'] ?? 'EUR'), phase,
    opens_at: phase !== 'open' && phase !== 'paused' && Date.parse(opens) < now_ms ? new Date(now_ms + hour).toISOString() : opens, closes_at: time(draft['closes_at'], now_ms + 2 * hour), hold_seconds: number(draft['hold_seconds'], 600), per_buyer,
    payment: draft['payment'] === 'confirmation' ? 'confirmation' : 'provider', line: lined ? { mode: mode as 'draw' | 'fifo', capacity: number(read(draft, ['line', 'capacity']), 1_000_000), pass_seconds: number(read(draft, ['line', 'pass_seconds']), 120) } : null,
    admission: { channels, channel_links: (read(draft, ['admission', 'channel_links']) ?? {}) as never, registration: ['optional', 'required'].includes(registration) ? registration as 'optional' | 'required' : 'off', filter: null, challenge: [], purchase_path: false }, draw: null, items };
}

function lineOf(mode: LiveLine['mode'], moment: Moment): LiveLine {
  const open = moment !== 'before';
  return { mode, entries: 1_200, lobby_entries: 1_100, drawn: open && mode === 'draw', serving: open ? 300 : 0, claimed: open ? 260 : 0, active: open ? 40 : 0, rate: 50, claim_rate: open ? 48.5 : 0, full: false, can_win: moment !== 'sold_out', win_up_to: moment === 'sold_out' ? 0 : 1_200 };
}

// Numbers as they may be in the middle of a sale.
function liveOf(sale: Sale, moment: Moment, now_ms: number): Live {
  const items = sale.items.map((item) => {
    const gone = moment === 'before' ? 0 : moment === 'sold_out' ? item.stock : Math.floor(item.stock * 0.6);
    const held = Math.floor(gone / 4);
    return { item: item.item, stock: item.stock, free: item.stock - gone, held, paid: gone - held, standby: moment === 'sold_out' && item.standby !== false ? 12 : 0 };
  });
  return { sale: sale.sale, phase: sale.phase!, server_time: new Date(now_ms).toISOString(), opens_at: sale.opens_at, closes_at: sale.closes_at, items, sold_out: moment === 'sold_out', line: sale.line ? lineOf(sale.line.mode as LiveLine['mode'], moment) : null, notice: null };
}

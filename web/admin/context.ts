// What every page of the console is given, and the pieces they share.

import type { Api, Problem } from '../shared/api';
import type { ServerClock } from '../shared/clock';
import { h, type Child } from '../shared/dom';
import type { SignedIn } from '../shared/session';
import type { LiveItem, LiveLine, OrderState, Phase, Text } from '../shared/types';
import { t } from './texts';

export interface AdminSale {
  sale: string;
  title?: Text;
  phase: Phase;
  reason?: string;
  currency?: string;
  opens_at: string;
  closes_at: string;
  lobby_at?: string;
  server_time?: string;
  items: (LiveItem & { title?: Text })[];
  money?: Record<string, number>;
  decision_rate?: number;
  latency?: { p50_ms: number | null; p99_ms: number | null; decisions?: number };
  line?: LineNumbers | null;
  funnel?: { layer: string; refused?: number; given?: number }[];
  registrations?: number;
  notice?: Text | null;
  rates?: Partial<Record<'granted' | 'standby' | 'paid' | 'ended', { total: number; per_second: number }>>;
}

export interface LineNumbers extends LiveLine {
  capacity?: number;
  left?: number;
}

export interface Context {
  readonly session: SignedIn;
  readonly api: Api;
  readonly clock: ServerClock;
  navigate(path: string): void;
  announce(text: string): void;
  title(text: string): void;
}

export interface Page {
  render(): void;
  stop(): void;
  mayLeave?(): boolean;  // false: the reader has something unsaved and wants to stay
}

export type OpenPage = (root: HTMLElement, context: Context, argument: string) => Page;

export function may(context: Context, role: 'operator' | 'owner'): boolean {
  const own = context.session.account()?.role;
  return own === 'owner' || own === role;
}

export function phaseChip(phase: Phase): HTMLElement {
  return h('span', { class: `chip chip-${phase}` }, t(`p_${phase}`));
}

export function stateChip(state: OrderState): HTMLElement {
  return h('span', { class: `chip chip-${state}` }, t(`s_${state}`));
}

export function notice(kind: 'info' | 'warn' | 'bad' | 'good', ...children: Child[]): HTMLElement {
  return h('p', { class: `notice notice-${kind}` }, ...children);
}

export function explain(problem: Problem): string {
  if (problem.status === 0) return t('offline');
  if (problem.status === 403) return t('forbidden');
  return problem.detail || problem.code;
}

export function head(title: Child, ...aside: Child[]): HTMLElement {
  return h('header', { class: 'head' }, h('h1', null, title), ...aside);
}

export function sums(items: LiveItem[]): LiveItem {
  const total: LiveItem = { item: '', stock: 0, free: 0, held: 0, paid: 0, standby: 0 };
  for (const item of items) {
    total.stock += item.stock;
    total.free += item.free;
    total.held += item.held;
    total.paid += item.paid;
    total.standby += item.standby;
  }
  return total;
}

// sold | held | free, in proportion to stock.
export function stockBar(item: LiveItem, label: string): HTMLElement {
  const share = (n: number) => `${((100 * n) / Math.max(1, item.stock)).toFixed(2)}%`;
  return h('div', { class: 'stock-bar', role: 'img', 'aria-label': label, css: { '--sold': share(item.paid), '--held': share(item.held) } },
    h('i', { class: 'sold' }), h('i', { class: 'held' }));
}

// One item of a sale: what it is, how much is left, and the button.

import type { Problem } from '../shared/api';
import { h, type Child } from '../shared/dom';
import { clockTime, count, money, percent, stopwatch } from '../shared/format';
import { pick } from '../shared/language';
import type { ChannelLinks, LiveItem, Phase, SaleItem } from '../shared/types';
import { kChannel } from './buying';
import { notice } from './parts';
import type { SalePage } from './sale';
import { t } from './texts';
import { d } from './texts_door';

export interface Note {
  problem: Problem;
  phase: Phase;  // in which it was said; it goes when the phase does
}

const kFew = 20;

export function itemCard(page: SalePage, item: SaleItem): HTMLElement {
  const sale = page.sale!;
  const image = item.image_url ?? '';
  const limit = Math.min(item.per_buyer ?? sale.per_buyer, sale.per_buyer);
  return h('li', { 'data-key': item.item, class: 'item' },
    /^(https:\/\/|\/)/.test(image)
      ? h('div', { class: 'picture' }, h('img', { src: image, alt: '', loading: 'lazy', decoding: 'async' }))
      : h('div', { class: 'picture blank', 'aria-hidden': 'true' }, h('span', null, Array.from(pick(item.title))[0] ?? '')),
    h('div', { class: 'item-body' },
      h('h3', null, pick(item.title)),
      pick(item.description) !== '' && h('p', { class: 'item-description' }, pick(item.description)),
      h('p', { class: 'price' }, h('b', null, money(item.price, sale.currency)),
        h('span', null, limit === 1 ? t('one_per_buyer') : t('per_buyer', { n: count(limit) }))),
      stockLine(page, item),
      action(page, item),
      outcome(page, item)));
}

function stockLine(page: SalePage, item: SaleItem): Child {
  const stock = page.stock(item.item);
  const phase = page.phase();
  if (stock === undefined || phase === 'announced' || phase === 'lobby' || phase === 'draft') {
    return h('p', { class: 'stock' }, h('span', null, t('units', { n: count(stock?.stock ?? item.stock) })));
  }
  const share = (n: number) => `${((100 * n) / Math.max(1, stock.stock)).toFixed(2)}%`;
  return h('div', { class: 'stock' },
    h('div', { class: 'bar', 'aria-hidden': 'true', css: { '--paid': share(stock.paid), '--held': share(stock.held) } }, h('i', { class: 'bar-paid' }), h('i', { class: 'bar-held' })),
    // Afterwards, what was left over is no reason to hurry any more.
    phase === 'closed' || phase === 'settled' ? h('span', null, t('sold_of', { paid: count(stock.paid), stock: count(stock.stock) }))
      : h('span', { class: stock.free > 0 && stock.free <= kFew ? 'few' : undefined }, stockText(stock)),
    stock.standby > 0 && h('span', { class: 'waiting' }, t('waiting', { n: count(stock.standby) })));
}

function stockText(stock: LiveItem): string {
  if (stock.free > kFew) return t('units', { n: count(stock.free) });
  if (stock.free > 0) return t('left_few', { n: stock.free });
  return stock.held > 0 ? t('left_return', { n: count(stock.held) }) : t('left_sold');
}

function action(page: SalePage, item: SaleItem): Child {
  const phase = page.phase();
  const stock = page.stock(item.item);
  const held = page.ordersOf(item.item, 'awaiting_payment')[0];
  if (held !== undefined) return h('p', { 'data-key': 'held', class: 'actions' }, h('a', { class: 'button wide', href: `/order/${held.order}` }, t('go_checkout')));
  if (phase === 'closed' || phase === 'settled') return off(t('over_button'));
  const admission = page.sale?.admission;
  if (admission !== undefined && admission.channels.length > 0 && !admission.channels.includes(kChannel)) {
    return h('div', { 'data-key': 'channel' }, channelPrompt(admission.channel_links));
  }
  const line = page.door.stage();
  // Where the way to buy begins in the line above, signing in begins there too.
  if (page.context.session.account() === null && line !== 'guest') {
    return h('p', { 'data-key': 'guest', class: 'actions' }, h('a', { class: 'button wide', href: page.signInLink() }, t('sign_in_to_buy')));
  }
  const waiting = page.standby.find((standby) => standby.lines.some((line) => line.item === item.item));
  if (waiting !== undefined) return h('p', { 'data-key': 'line', class: 'in-line' }, t('say_standby', { n: count(waiting.position) }));
  if (page.allowance(item) === 0) {
    const have = page.ordersOf(item.item, 'paid', 'paid_standby')[0] ?? [...page.orders.values()].find((order) => order.state === 'paid');
    return h('p', { 'data-key': 'have', class: 'in-line' }, t('r_limit'), ' ', have && h('a', { href: `/order/${have.order}` }, t('see_order')));
  }
  if (phase === 'paused') return off(t('paused_button'));
  if (phase !== 'open') return off(t('opens_button', { time: stopwatch(page.opensMs() - page.now()) }));
  if (page.sale?.admission?.registration === 'required' && page.door.registered === false) return off(d('buy_registered'));
  if (!page.door.mayBuy() && stock !== undefined && stock.paid === stock.stock) return off(t('sold_out'));
  if (!page.door.mayBuy()) return off(line === 'none' || line === 'guest' || line === 'used' ? d('buy_get_in_line') : d('buy_in_turn'));
  return button(page, item, stock);
}

function off(text: string): HTMLElement {
  return h('p', { 'data-key': 'buy', class: 'actions' }, h('button', { class: 'button wide', type: 'button', disabled: true }, text));
}

function button(page: SalePage, item: SaleItem, stock: LiveItem | undefined): HTMLElement {
  const asking = page.attempt !== null;
  const ours = page.attempt?.item === item.item;
  const none_free = stock !== undefined && stock.free === 0;
  const no_line = item.standby === false || item.standby === 0;
  if (none_free && (no_line || stock.paid === stock.stock)) return off(t('sold_out'));
  return h('p', { 'data-key': 'buy', class: 'actions' },
    page.allowance(item) > 1 && stepper(page, item, asking),
    h('button', { class: none_free ? 'button wide second' : 'button wide', type: 'button', disabled: asking, 'aria-busy': ours ? 'true' : undefined,
      onclick: () => void page.buy(item.item) },
      ours ? t('asking') : none_free ? t('get_in_line') : t('buy')));
}

function stepper(page: SalePage, item: SaleItem, asking: boolean): HTMLElement {
  const most = page.allowance(item);
  const chosen = Math.min(page.quantities.get(item.item) ?? 1, most);
  const set = (n: number) => () => {
    page.quantities.set(item.item, n);
    page.render();
  };
  return h('span', { class: 'stepper', role: 'group', 'aria-label': t('quantity') },
    h('button', { type: 'button', 'aria-label': t('less'), disabled: asking || chosen <= 1, onclick: set(chosen - 1) }, '−'),
    h('output', null, count(chosen)),
    h('button', { type: 'button', 'aria-label': t('more'), disabled: asking || chosen >= most, onclick: set(chosen + 1) }, '+'));
}

function outcome(page: SalePage, item: SaleItem): Child {
  const waiting = page.attempt?.item === item.item ? page.attempt.waiting : null;
  if (waiting) {
    const n = Math.max(1, Math.ceil((waiting.again_at_ms - Date.now()) / 1000));
    const said = waiting.why === 'filtered' ? filtered(page, waiting.again_at_ms)
      : t(waiting.why === 'offline' ? 'busy_offline' : waiting.why === 'too_fast' ? 'too_fast' : 'busy', { n, tries: waiting.tries });
    return notice('info', said, ' ',
      h('button', { class: 'link', type: 'button', onclick: () => page.giveUp() }, t('stop_trying')));
  }
  const note = page.notes.get(item.item);
  return note === undefined ? null : h('div', { class: 'outcome' }, refusal(note.problem));
}

// Not the fault of the shopper and not to be hurried: he is told when, and why.
function filtered(page: SalePage, again_at_ms: number): Child {
  const ratio = page.sale?.admission?.filter?.ratio;
  return [d('filtered', { time: clockTime(again_at_ms + page.context.clock.offset()) }), ' ',
    ratio !== undefined && h('small', { class: 'why' }, d('filtered_why', { percent: percent(ratio) }))];
}

function refusal(problem: Problem): Child {
  switch (problem.code) {
    case 'sold_out': {
      const may_return = Number(problem.body['may_return'] ?? 0);
      return notice('info', may_return > 0 ? t('r_sold_out_return', { n: count(may_return) }) : t('r_sold_out'));
    }
    case 'limit_reached': {
      const order = problem.body['order'];
      const id = typeof order === 'string' ? order : (order as { order?: string } | undefined)?.order;
      return notice('info', id === undefined ? t('r_limit_used') : [t('r_limit'), ' ', h('a', { href: `/order/${id}` }, t('r_limit_link'))]);
    }
    case 'not_open': return notice('info', t('r_not_open'));
    case 'channel_required': return channelPrompt((problem.body['links'] ?? {}) as ChannelLinks);
    case 'paused': return notice('info', t('r_paused'));
    case 'closed': return notice('info', t('r_closed'));
    case 'pass_required': return notice('info', d('r_pass'));
    case 'challenge_required': return notice('info', d('r_challenge'));
    case 'registration_required': return notice('info', d('r_registration'));
    case 'filtered': return notice('info', d('r_filtered'));
    case 'path_required': return notice('warn', d('r_path'));
    case 'line_full': return notice('info', d('r_line_full'));
    default: return notice('bad', t('r_error', { detail: problem.detail || problem.code }));
  }
}

// The sale is open to other programs than this page: where to get one.
function channelPrompt(links: ChannelLinks): HTMLElement {
  return notice('info', t('r_channel'),
    links.download !== undefined && [' ', h('a', { href: links.download, rel: 'noopener' }, t('channel_download'))],
    links.register !== undefined && [' ', h('a', { href: links.register, rel: 'noopener' }, t('channel_register'))]);
}

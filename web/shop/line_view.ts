// What the shopper sees of the line: the lobby before the opening, the drawn place, the turn.

import { h, type Child } from '../shared/dom';
import { clockTime, count, dateTime, stopwatch } from '../shared/format';
import type { FrontDoor } from './front_door';
import { countdown, notice, ring } from './parts';
import type { SalePage } from './sale';
import { t } from './texts';
import { d } from './texts_door';

// Null: the line has nothing to say here, and the page shows how the sale stands.
export function linePanel(page: SalePage): Child {
  const door = page.door;
  switch (door.stage()) {
    case 'off': case 'before': return null;
    case 'guest': case 'none': return entrance(page, door);
    case 'unknown': return card(page, 'lobby', waitText(page, t('headline_before'), ''), clock(page));
    case 'lobby': return lobby(page, door);
    case 'drawing': return card(page, 'drawing', [h('h2', null, d('drawing_title')), h('p', null, d('drawing_lead')), h('div', { class: 'sweep', 'aria-hidden': 'true' }, h('i'))], null, foot(door, true));
    case 'waiting': return waiting(page, door);
    case 'called': return door.held_back && !door.lapsed ? waiting(page, door) : called(page, door);
    case 'claimed': return claimed(page, door);
    case 'used': return page.busy() || !page.mayHaveMore() ? null : again(page, door);
    case 'over': return door.place === null || door.place.state === 'used' || door.place.state === 'left' || page.served() ? null : over(page, door);
  }
}

function card(page: SalePage, name: string, main: Child, side: Child, ...rest: Child[]): HTMLElement {
  return h('section', { 'data-key': `line-${name}`, class: `line line-${name}` },
    page.phase() === 'paused' && notice('warn', d('paused')),
    h('div', { class: 'line-main' }, h('div', { class: 'line-text' }, main), side), rest);
}

function waitText(_page: SalePage, title: string, lead: string): Child {
  return [h('h2', null, title), lead !== '' && h('p', null, lead)];
}

function clock(page: SalePage): Child {
  return page.door.ahead_of_opening() && h('div', { class: 'clock' }, countdown(page.opensMs() - page.now()),
    h('small', null, t('opens_at', { time: dateTime(page.opensMs()) })));
}

function entrance(page: SalePage, door: FrontDoor): HTMLElement {
  const early = door.ahead_of_opening();
  const guest = door.account() === null;
  const entries = door.line()?.entries ?? 0;
  const full = door.line()?.full ?? false;
  const title = early ? d('lobby_title') : d('lobby_line_title');
  const lead = !early ? d('lobby_line_lead') : door.drawn_by_lot() ? d('lobby_lead') : d('lobby_lead_fifo');
  const link = (text: string) => h('a', { class: 'button', href: page.signInLink('join') }, text);
  const paused = page.phase() === 'paused';
  return card(page, 'entrance', [
    h('h2', null, title), h('p', null, lead),
    full ? notice('info', d('r_line_full'))
      : h('p', { 'data-key': 'join', class: 'actions' }, guest ? link(early ? d('join_guest') : d('join_line_guest'))
        : h('button', { class: 'button', type: 'button', disabled: door.busy !== null || paused, onclick: () => void door.join() },
            door.busy === 'join' ? d('joining') : early ? d('join') : d('join_line'))),
    door.left && notice('info', d('left')),
    trouble(door),
    entries > 0 && h('p', { class: 'small' }, early ? d('in_lobby_count', { n: count(entries) }) : d('in_line_count', { n: count(entries) })),
  ], clock(page), honest(page));
}

// The turn was used: for another unit, or after an order that lapsed, the line begins at its end.
function again(page: SalePage, door: FrontDoor): HTMLElement {
  return card(page, 'used', [
    h('h2', null, d('used_title')), h('p', null, d('used_lead')),
    h('p', { class: 'actions' }, h('button', { class: 'button second', type: 'button', disabled: door.busy !== null || page.phase() === 'paused', onclick: () => void door.join() },
      door.busy === 'join' ? d('joining') : d('join_again')), drawLink(page)),
    trouble(door),
  ], null);
}

function lobby(page: SalePage, door: FrontDoor): HTMLElement {
  const entries = Math.max(door.line()?.entries ?? 0, 1);
  const number = door.place?.number ?? null;
  return card(page, 'lobby', [
    h('h2', { class: 'ticked' }, h('i', { class: 'tick', 'aria-hidden': 'true' }), d('in_lobby_title')),
    h('p', null, number === null ? d('in_lobby_lead') : d('in_lobby_lead_fifo', { n: count(number) })),
    h('p', { class: 'small' }, entries > 1 ? d('in_lobby_count', { n: count(entries) }) : d('in_lobby_one')),
  ], clock(page), page.gate?.view(), honest(page), foot(door, true));
}

function waiting(page: SalePage, door: FrontDoor): HTMLElement {
  const ahead = door.ahead();
  const number = door.place!.number!;
  const entries = door.line()?.lobby_entries ?? 0;
  const chance = door.chance();
  const eta = door.eta();
  const lost = chance === 'none';
  const fact = (label: string, value: Child) => h('div', null, h('dt', null, label), h('dd', null, value));
  const share = `${((100 * Math.min(number, door.serving() + 1)) / number).toFixed(1)}%`;
  return card(page, lost ? 'lost' : 'waiting', [
    h('h2', null, lost ? d('lost_title') : ahead === 0 ? d('waiting_next') : d('waiting_title')),
    h('dl', { class: 'line-facts' },
      fact(d('ahead'), h('b', null, count(ahead))),
      !lost && fact(d('eta'), eta === null ? h('span', { class: 'dim' }, d('eta_unknown')) : h('b', null, etaText(eta))),
      fact(d('now_serving'), h('b', null, count(door.serving())))),
    h('div', { class: 'walk', 'aria-hidden': 'true', css: { '--walked': share } }, h('i')),
    chance !== null && h('p', { class: `chance chance-${chance}` }, h('i', { 'aria-hidden': 'true' }), h('span', null, d(`chance_${chance}`))),
  ], placeNumber(number, door.drawn_by_lot() && number <= entries ? d('drawn_from', { n: count(entries) }) : null),
  page.gate?.view(), honest(page), foot(door, false, lost));
}

function placeNumber(number: number, small: string | null): HTMLElement {
  return h('div', { class: 'place-number' }, h('small', null, d('your_place')), h('b', { class: count(number).length > 7 ? 'long' : undefined }, count(number)), small !== null && h('small', null, small));
}

function called(page: SalePage, door: FrontDoor): HTMLElement {
  const number = door.place!.number!;
  const claiming = door.busy === 'claim' || (!door.lapsed && door.refused === null && page.phase() !== 'paused');
  return card(page, 'called', [
    h('h2', null, d('called_title')),
    h('p', null, door.lapsed ? d('lapsed_lead') : d('called_lead', { n: count(number) })),
    h('p', { class: 'actions' }, h('button', { class: 'button big-button', type: 'button', disabled: door.busy !== null || page.phase() === 'paused', onclick: () => void door.claim() },
      claiming && door.busy === 'claim' ? d('claiming') : d('claim'))),
    trouble(door),
  ], placeNumber(number, null), page.gate?.view(), foot(door, false));
}

function claimed(page: SalePage, door: FrontDoor): HTMLElement {
  const total = (page.sale?.line?.pass_seconds ?? 120) * 1000;
  return card(page, 'claimed', [
    h('h2', null, d('pass_title')),
    h('p', null, d('pass_lead')),
    h('p', { class: 'small' }, d('your_place'), ' ', h('b', { class: 'number' }, count(door.place!.number!)), ' · ', drawLink(page)),
  ], ring(door.passLeftMs(), total, d('pass_left'), d('pass_ring', { time: stopwatch(door.passLeftMs()) })), page.gate?.view());
}

function over(page: SalePage, door: FrontDoor): HTMLElement {
  const number = door.place?.number ?? null;
  return card(page, 'over', [
    h('h2', null, d('over_title')),
    h('p', null, number === null ? d('over_lead_lobby') : d('over_lead', { n: count(number) })),
    h('p', { class: 'actions' }, h('a', { class: 'button quiet', href: '/' }, t('all_sales')), drawLink(page)),
  ], null);
}

export function drawLink(page: SalePage): Child {
  return page.sale?.draw != null && h('a', { href: `/s/${page.id}/draw` }, page.door.ahead_of_opening() ? d('draw_check') : d('draw_check_mine'));
}

// The promise, for those who want to know.
function honest(page: SalePage): Child {
  const draw = page.sale?.draw;
  if (!draw) return null;
  return h('details', { 'data-key': 'honest', class: 'honest' }, h('summary', null, d('draw_details')),
    h('p', null, d('draw_details_text')),
    h('p', { class: 'fingerprint' }, h('small', null, d('draw_fingerprint')), h('code', null, draw.commitment)),
    h('p', null, drawLink(page)));
}

// To a place that cannot win, nothing is promised.
function foot(door: FrontDoor, lobby: boolean, lost = false): HTMLElement {
  const page_leave = door.asking_leave
    ? h('div', { 'data-key': 'sure', class: 'sure' }, h('p', null, lobby ? d('leave_lobby_sure') : d('leave_sure')),
        h('p', { class: 'actions' },
          h('button', { class: 'button quiet danger', type: 'button', onclick: () => void door.leave() }, lobby ? d('leave_lobby') : d('leave')),
          h('button', { class: 'button quiet', type: 'button', onclick: () => door.askLeave(false) }, t('cancel'))))
    : h('button', { 'data-key': 'leave', class: 'link quiet-link', type: 'button', disabled: door.busy === 'leave', onclick: () => door.askLeave(true) }, lobby ? d('leave_lobby') : d('leave'));
  return h('footer', { class: 'line-foot' },
    h('p', null, !lost && [d('keep'), ' '], door.updated_ms > 0 && h('span', { class: 'when' }, d('updated', { time: clockTime(door.updated_ms) }))), page_leave, trouble(door));
}

function trouble(door: FrontDoor): Child {
  if (door.again_at_ms > 0) return notice('info', d('r_busy'));
  if (door.refused === null || door.refused.act === 'register' || door.refused.act === 'unregister') return null;
  return notice('warn', refusedText(door));
}

export function refusedText(door: FrontDoor): string {
  const problem = door.refused!.problem;
  switch (problem.code) {
    case 'line_full': return d('r_line_full');
    case 'line_off': return d('r_line_off');
    case 'limit_reached': return d('r_line_limit');
    case 'closed': return d('r_closed');
    case 'not_open': return d('r_not_open');
    case 'paused': return d('paused');
    case 'registration_required': return d('r_registration');
    case 'channel_required': return t('r_channel');
    case 'challenge_required': return d('r_challenge');
    case 'offline': return d('r_offline');
    default: return problem.status >= 429 ? d('r_busy') : d('r_error', { detail: problem.detail || problem.code });
  }
}

function etaText(eta: { low: number; high: number }): string {
  const { low, high } = eta;
  if (high < 10) return d('eta_few');
  if (high < 90) return d('eta_seconds', { low: Math.max(1, Math.floor(low / 5) * 5), high: Math.ceil(high / 5) * 5 });
  const range = (unit: number, many: 'eta_minutes' | 'eta_hours', one: 'eta_minute' | 'eta_hour') => {
    const from = Math.max(1, Math.floor(low / unit));
    const to = Math.max(from, Math.ceil(high / unit));
    return from === to ? d(one, { n: from }) : d(many, { low: from, high: to });
  };
  return high < 5_400 ? range(60, 'eta_minutes', 'eta_minute') : range(3_600, 'eta_hours', 'eta_hour');
}

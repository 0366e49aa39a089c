// What has happened in a sale, newest first: the acts of staff from the log, and the turns that this page saw
// itself between two polls.

import { h } from '../shared/dom';
import { clockTime, count } from '../shared/format';
import { sums, type AdminSale } from './context';
import type { StaffNames } from './staff_names';
import { t, word } from './texts';

export interface Act {
  seq: number | string;
  at: string;
  actor: string;
  act: string;
  sale?: string;
  detail?: string;
}

interface Turn {
  key: string;
  at_ms: number;
  text: () => string;
  detail: string;
}

const kShown = 12;
const kTurnsMax = 40;

export class Events {
  private turns: Turn[] = [];
  private acts: Act[] = [];
  private names: StaffNames = new Map();
  private before: AdminSale | null = null;

  take(acts: Act[]): void {
    this.acts = acts;
  }

  name(names: StaffNames): void {
    this.names = names;
  }

  see(sale: AdminSale, at_ms: number): void {
    const before = this.before;
    this.before = sale;
    if (before === null) return;
    const was = sums(before.items);
    const now = sums(sale.items);
    const add = (name: string, text: () => string) => {
      this.turns.unshift({ key: `${name}${at_ms}`, at_ms, text, detail: '' });
      if (this.turns.length > kTurnsMax) this.turns.pop();
    };
    if (before.phase !== sale.phase) add('phase', () => t('ev_phase', { phase: t(`p_${sale.phase}`) }));
    if (was.free > 0 && now.free === 0) add('gone', () => t('ev_gone', { n: count(now.stock) }));
    if (was.free === 0 && now.free > 0) add('back', () => t('ev_back', { n: count(now.free) }));
    if (was.standby === 0 && now.standby > 0) add('waits', () => t('ev_waits'));
    if (before.line?.drawn === false && sale.line?.drawn === true) add('drawn', () => t('ev_drawn', { n: count(sale.line!.lobby_entries) }));
    if (before.line?.full === false && sale.line?.full === true) add('full', () => t('ev_full'));
  }

  view(): HTMLElement {
    const acts = this.acts.map((act): Turn => ({ key: `act${act.seq}`, at_ms: Date.parse(act.at), text: () => t('ev_act', { act: word('d_', act.act), who: this.names.get(act.actor) ?? act.actor }), detail: act.detail ?? '' }));
    const all = [...this.turns, ...acts].sort((a, b) => b.at_ms - a.at_ms).slice(0, kShown);
    return h('section', { class: 'card', 'data-key': 'events' }, h('h2', null, t('events')),
      all.length === 0 ? h('p', { class: 'soft' }, t('none')) : h('ol', { class: 'events' }, all.map((turn) => h('li', { 'data-key': turn.key },
        h('time', { datetime: new Date(turn.at_ms).toISOString() }, clockTime(turn.at_ms)), h('span', null, turn.text(), turn.detail !== '' && h('small', null, turn.detail))))));
  }
}

// Registration before the opening: a reminder by e-mail, or what one needs to take part at all.

import { h, type Child } from '../shared/dom';
import { refusedText } from './line_view';
import { notice } from './parts';
import type { SalePage } from './sale';
import { d } from './texts_door';

export function registration(page: SalePage): Child {
  const { door } = page;
  if (!door.registers() || !door.ahead_of_opening()) return null;
  const required = page.sale?.admission?.registration === 'required';
  const account = page.context.session.account();
  const refused = door.refused !== null && (door.refused.act === 'register' || door.refused.act === 'unregister') && notice('warn', refusedText(door));
  const box = (lead: string, action: Child, done = false) => h('section', { 'data-key': 'registration', class: done ? 'remind done' : 'remind' },
    h('i', { class: done ? 'tick' : 'bell', 'aria-hidden': 'true' }),
    h('div', { class: 'remind-text' }, !done && h('h2', null, required ? d('register_title') : d('remind_title')), h('p', null, lead), refused), action);
  if (account === null) {
    return box(required ? d('register_lead') : d('remind_lead_guest'),
      h('a', { 'data-key': 'guest', class: 'button second', href: page.signInLink('register') }, required ? d('register_guest') : d('remind_guest')));
  }
  if (door.registered === undefined) return null;
  if (door.registered) {
    return box(required ? d('registered') : d('reminded'),
      h('button', { 'data-key': 'out', class: 'link quiet-link', type: 'button', disabled: door.busy !== null, onclick: () => void door.unregister() }, required ? d('unregister') : d('unremind')), true);
  }
  return box(required ? d('register_lead') : d('remind_lead', { email: account.email }),
    h('button', { 'data-key': 'in', class: 'button second', type: 'button', disabled: door.busy !== null, onclick: () => void door.register() },
      door.busy === 'register' ? d('joining') : required ? d('register') : d('remind')));
}

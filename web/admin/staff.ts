// Staff accounts and their roles.

import { h, patch } from '../shared/dom';
import { fullTime } from '../shared/format';
import type { Account } from '../shared/types';
import { explain, head, may, notice, type Context, type OpenPage, type Page } from './context';
import { t } from './texts';

type Member = Account & { created_at?: string };
type Role = Account['role'];

const kStaffRoles = ['viewer', 'operator', 'owner'] as const;
const roleName = (role: Role) => (role === 'buyer' ? t('r_none') : t(`r_${role}`));

class Staff implements Page {
  private staff: Member[] | null = null;
  private said: { kind: 'good' | 'bad' | 'warn'; text: string } | null = null;
  private busy = false;
  private stopped = false;
  private readonly chosen = new Map<string, Role>();  // by account: not yet applied

  constructor(private readonly root: HTMLElement, private readonly context: Context) {
    this.render();
    if (may(context, 'owner')) void this.load();
  }

  stop(): void {
    this.stopped = true;
  }

  private async load(): Promise<void> {
    const answer = await this.context.api.call<{ staff: Member[] }>('/api/v1/admin/staff');
    if (this.stopped) return;
    if (answer.ok) this.staff = answer.value.staff;
    else this.said = { kind: 'warn', text: t('failed', { detail: explain(answer.problem) }) };
    this.render();
  }

  private async add(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (this.busy) return;
    const form = event.target as HTMLFormElement;
    const data = new FormData(form);
    const email = String(data.get('email') ?? '').trim();
    this.busy = true;
    this.render();
    const answer = await this.context.api.call('/api/v1/admin/staff', { method: 'POST', deadline_ms: 30_000,
      json: { email, password: String(data.get('password') ?? ''), role: String(data.get('role') ?? '') } });
    this.busy = false;
    this.said = answer.ok ? { kind: 'good', text: t('added', { email }) } : { kind: 'bad', text: t('refused', { detail: explain(answer.problem) }) };
    this.context.announce(this.said.text);
    if (answer.ok) form.reset();
    await this.load();
  }

  private async change(event: SubmitEvent, member: Member): Promise<void> {
    event.preventDefault();
    const role = this.chosen.get(member.id);
    if (this.busy || role === undefined) return;
    this.busy = true;
    this.render();
    const token = await this.context.session.current();
    const answer = await this.context.api.call('/api/v1/admin/staff', { method: 'POST', json: { account: member.id, role } });
    this.busy = false;
    this.said = answer.ok ? { kind: 'good', text: t('role_changed', { email: member.email, role: roleName(role) }) }
      : { kind: 'bad', text: t('refused', { detail: explain(answer.problem) }) };
    this.context.announce(this.said.text);
    if (answer.ok) this.chosen.delete(member.id);
    // Who has changed his own role goes on with what he may do now.
    if (answer.ok && member.id === this.context.session.account()?.id && token !== null) await this.context.session.renew(token);
    if (may(this.context, 'owner')) await this.load();
  }

  private roleForm(member: Member): HTMLElement {
    const chosen = this.chosen.get(member.id) ?? member.role;
    return h('form', { class: 'role', onsubmit: (event) => void this.change(event, member) },
      h('select', { 'aria-label': t('role_of', { email: member.email }), onchange: (event) => {
        this.chosen.set(member.id, (event.target as HTMLSelectElement).value as Role);
        this.render();
      } }, [...kStaffRoles, 'buyer' as const].map((role) => h('option', { value: role, selected: role === member.role }, roleName(role)))),
      chosen !== member.role && h('button', { class: 'button quiet', type: 'submit', disabled: this.busy }, t('change_role')));
  }

  render(): void {
    if (this.stopped) return;
    this.context.title(t('staff'));
    if (!may(this.context, 'owner')) {
      patch(this.root, head(t('staff')), h('p', { class: 'soft' }, t('owner_only')));
      return;
    }
    patch(this.root, head(t('staff')), h('p', { class: 'soft' }, t('roles_hint')),
      this.said !== null && notice(this.said.kind, this.said.text),
      this.staff === null ? h('p', { class: 'soft' }, t('loading')) : h('div', { class: 'scroll' }, h('table', { class: 'stack' },
        h('thead', null, h('tr', null, [t('email'), t('role'), t('created')].map((label) => h('th', { scope: 'col' }, label)))),
        h('tbody', null, this.staff.map((member) => h('tr', { 'data-key': member.id },
          h('th', { scope: 'row' }, member.email), h('td', { 'data-label': t('role') }, this.roleForm(member)),
          h('td', { 'data-label': t('created') }, member.created_at === undefined ? '–' : fullTime(member.created_at))))))),
      h('section', { class: 'card narrow' }, h('h2', null, t('add_staff')),
        h('form', { class: 'details', onsubmit: (event) => void this.add(event) },
          h('label', null, t('email'), h('input', { type: 'email', name: 'email', autocomplete: 'off', required: true, maxlength: 254 })),
          h('label', null, t('password'), h('input', { type: 'password', name: 'password', autocomplete: 'new-password', required: true, minlength: 8, maxlength: 128 }), h('small', null, t('password_rule'))),
          h('label', null, t('role'), h('select', { name: 'role', 'data-own': '' }, kStaffRoles.map((role) => h('option', { value: role }, t(`r_${role}`))))),
          h('p', { class: 'actions' }, h('button', { class: 'button', type: 'submit', disabled: this.busy }, t('add'))))));
  }
}

export const openStaff: OpenPage = (root, context) => new Staff(root, context);

// Staff accounts and their roles.

import { h, patch } from '../shared/dom';
import { fullTime } from '../shared/format';
import type { Account } from '../shared/types';
import { explain, head, may, notice, type Context, type OpenPage, type Page } from './context';
import { t } from './texts';

type Member = Account & { created_at?: string };

class Staff implements Page {
  private staff: Member[] | null = null;
  private said: { kind: 'good' | 'bad' | 'warn'; text: string } | null = null;
  private busy = false;
  private stopped = false;

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
          h('th', { scope: 'row' }, member.email), h('td', { 'data-label': t('role') }, member.role === 'buyer' ? '–' : t(`r_${member.role}`)),
          h('td', { 'data-label': t('created') }, member.created_at === undefined ? '–' : fullTime(member.created_at))))))),
      h('section', { class: 'card narrow' }, h('h2', null, t('add_staff')),
        h('form', { class: 'details', onsubmit: (event) => void this.add(event) },
          h('label', null, t('email'), h('input', { type: 'email', name: 'email', autocomplete: 'off', required: true, maxlength: 254 })),
          h('label', null, t('password'), h('input', { type: 'password', name: 'password', autocomplete: 'new-password', required: true, minlength: 8, maxlength: 128 }), h('small', null, t('password_rule'))),
          h('label', null, t('role'), h('select', { name: 'role', 'data-own': '' }, (['viewer', 'operator', 'owner'] as const).map((role) => h('option', { value: role }, t(`r_${role}`))))),
          h('p', { class: 'actions' }, h('button', { class: 'button', type: 'submit', disabled: this.busy }, t('add'))))));
  }
}

export const openStaff: OpenPage = (root, context) => new Staff(root, context);

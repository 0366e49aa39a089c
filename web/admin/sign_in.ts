// Sign-in of staff, and the one-time creation of the first owner.

import { h, patch } from '../shared/dom';
import type { Problem } from '../shared/api';
import type { Session } from '../shared/types';
import { explain, notice, type Context, type OpenPage, type Page } from './context';
import { t } from './texts';

class Door implements Page {
  private busy = false;
  private said = '';
  private stopped = false;

  // `token`: of the one-time link; null: an ordinary sign-in.
  constructor(private readonly root: HTMLElement, private readonly context: Context, private readonly token: string | null) {
    this.render();
    root.querySelector('input')?.focus();
  }

  stop(): void {
    this.stopped = true;
  }

  private async submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (this.busy) return;
    const form = new FormData(event.target as HTMLFormElement);
    const email = String(form.get('email') ?? '').trim();
    const password = String(form.get('password') ?? '');
    this.busy = true;
    this.said = '';
    this.render();
    const problem = this.token === null ? await this.context.session.signIn(email, password) : await this.setUp(this.token, email, password);
    this.busy = false;
    if (problem === null || this.stopped) return;
    this.said = this.token === null && problem.status === 401 ? t('wrong')
      : this.token !== null && (problem.status === 401 || problem.status === 403 || problem.status === 404) ? t('setup_bad')
      : explain(problem);
    this.context.announce(this.said);
    this.render();
  }

  private async setUp(token: string, email: string, password: string): Promise<Problem | null> {
    const made = await this.context.api.call<Session>('/api/v1/staff/setup', {
      method: 'POST', json: { token, email, password }, anonymous: true, deadline_ms: 30_000 });
    if (!made.ok) return made.problem;
    if (typeof made.value.token === 'string') return this.context.session.take(made);
    return this.context.session.signIn(email, password);
  }

  render(): void {
    const first = this.token !== null;
    this.context.title(first ? t('setup') : t('signin'));
    patch(this.root, h('section', { class: 'door' },
      h('h1', null, first ? t('setup') : t('signin')),
      first && h('p', { class: 'soft' }, t('setup_lead')),
      this.token === '' ? notice('bad', t('setup_no_token')) : h('form', { method: 'post', action: '/', onsubmit: (event) => void this.submit(event) },
        h('label', null, t('email'), h('input', { type: 'email', name: 'email', autocomplete: 'username', required: true, maxlength: 254 })),
        h('label', null, t('password'), h('input', { type: 'password', name: 'password', autocomplete: first ? 'new-password' : 'current-password', required: true, minlength: 8, maxlength: 128 }),
          first && h('small', null, t('password_rule'))),
        this.said !== '' && notice('bad', this.said),
        h('button', { class: 'button', type: 'submit', disabled: this.busy }, this.busy ? t('moment') : first ? t('setup_button') : t('signin')))));
  }
}

export const openSignIn: OpenPage = (root, context) => new Door(root, context, null);
export const openSetup: OpenPage = (root, context, token) => new Door(root, context, token);

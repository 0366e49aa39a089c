// Sign-in and sign-up on one page; afterwards back to where the shopper came from.

import { Backoff } from '../shared/backoff';
import { h, patch } from '../shared/dom';
import { language } from '../shared/language';
import type { Problem } from '../shared/api';
import type { Context, OpenPage, Page } from './context';
import { notice } from './parts';
import { t } from './texts';

const kTriesMax = 8;

class SignInPage implements Page {
  private sign_up = new URLSearchParams(location.search).get('new') !== null;
  private busy = false;
  private said = '';
  private stopped = false;

  constructor(private readonly root: HTMLElement, private readonly context: Context) {
    if (context.session.account() !== null) queueMicrotask(() => this.leave());
    this.render();
    root.querySelector('input')?.focus();
  }

  stop(): void {
    this.stopped = true;
  }

  account(): void {
    if (this.context.session.account() !== null) this.leave();
  }

  private leave(): void {
    if (this.stopped) return;
    const next = new URLSearchParams(location.search).get('next') ?? '/';
    // Only to pages of our own.
    this.context.navigate(/^\/[a-z0-9]/.test(next) ? next : '/', true);
  }

  private async submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (this.busy) return;
    const form = new FormData(event.target as HTMLFormElement);
    const email = String(form.get('email') ?? '').trim();
    const password = String(form.get('password') ?? '');
    if (!/^[^@\s]+@[^@\s]+$/.test(email)) return this.say(t('e_email'));
    if (password.length < 8 || password.length > 128) return this.say(this.sign_up ? t('e_password') : t('e_wrong_credentials'));
    this.busy = true;
    this.say('');
    const backoff = new Backoff(1_000, 10_000);
    for (let tries = 1; !this.stopped; ++tries) {
      const problem = this.sign_up
        ? await this.context.session.signUp(email, password, language())
        : await this.context.session.signIn(email, password);
      if (problem === null) return;
      const wait = problem.code === 'busy' || problem.status === 429 || problem.status === 503;
      if (!wait || tries >= kTriesMax) {
        this.busy = false;
        return this.say(this.explain(problem));
      }
      const pause_ms = backoff.next(problem.retry_after_ms);
      this.say(t('e_busy', { n: Math.ceil(pause_ms / 1000) }));
      await new Promise((resolve) => window.setTimeout(resolve, pause_ms));
    }
  }

  private explain(problem: Problem): string {
    if (problem.code === 'wrong_credentials' || problem.status === 401) return t('e_wrong_credentials');
    if (problem.code === 'email_taken' || problem.status === 409) return t('e_email_taken');
    if (problem.status === 0) return t('e_offline');
    return t('e_other', { detail: problem.detail || problem.code });
  }

  private say(text: string): void {
    this.said = text;
    if (text !== '') this.context.announce(text);
    if (!this.stopped) this.render();
  }

  render(): void {
    const title = this.sign_up ? t('signup_title') : t('signin_title');
    this.context.title(title);
    patch(this.root,
      h('section', { class: 'form-page' },
        h('h1', null, title),
        h('form', { method: 'post', action: '/sign-in', novalidate: true, onsubmit: (event) => void this.submit(event) },
          h('label', null, t('email'),
            h('input', { type: 'email', name: 'email', autocomplete: 'username', required: true, maxlength: 254, inputmode: 'email', autocapitalize: 'off', spellcheck: 'false' })),
          h('label', null, t('password'),
            h('input', { type: 'password', name: 'password', autocomplete: this.sign_up ? 'new-password' : 'current-password', required: true, minlength: 8, maxlength: 128 }),
            this.sign_up && h('small', null, t('password_rule'))),
          this.said !== '' && notice(this.busy ? 'info' : 'bad', this.said),
          h('button', { class: 'button wide', type: 'submit', disabled: this.busy },
            this.busy ? t('signing_in') : this.sign_up ? t('signup_button') : t('signin_button'))),
        h('button', { class: 'link', type: 'button', disabled: this.busy, onclick: () => {
          this.sign_up = !this.sign_up;
          this.say('');
        } }, this.sign_up ? t('to_signin') : t('to_signup'))));
  }
}

export const openSignIn: OpenPage = (root, context) => new SignInPage(root, context);

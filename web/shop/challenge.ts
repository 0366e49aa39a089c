// The check before buying: a question, a computation, or both. It can be done while waiting.

import type { Problem } from '../shared/api';
import { h, type Child } from '../shared/dom';
import { clockTime, stopwatch } from '../shared/format';
import { pick } from '../shared/language';
import type { Challenge } from '../shared/types';
import type { Gate, GateHome } from './gate';
import { notice } from './parts';
import { Work, payload } from './proof';
import { c } from './texts_challenge';

const kTokenSlackMs = 3_000;

interface Token {
  token: string;
  expires_at: string;
}

type State = 'offer' | 'loading' | 'form' | 'sending' | 'cool_down';

class Check implements Gate {
  private state: State = 'offer';
  private challenge: Challenge | null = null;
  private granted: Token | null;
  private needed = true;
  private said: { text: string; bad: boolean } | null = null;
  private until_ms = 0;                 // Date.now() of the end of the cool-down
  private part = 0;                     // of the computation
  private solution: string | null = null;
  private working: Promise<void> | null = null;
  private work: Work | null = null;
  private run = 0;                      // numbers the newest round: what belongs to an older one is dropped
  private then: (() => void) | null = null;
  private stopped = false;

  constructor(private readonly home: GateHome) {
    this.granted = this.remembered();
  }

  stop(): void {
    this.stopped = true;
    this.run += 1;
    this.work?.stop();
  }

  token(): string | null {
    if (this.granted !== null && Date.parse(this.granted.expires_at) - kTokenSlackMs < this.home.now()) {
      this.granted = null;
      this.remember(null);
    }
    return this.granted?.token ?? null;
  }

  passed(): boolean {
    return !this.needed || this.token() !== null;
  }

  forget(): void {
    this.granted = null;
    this.needed = true;
    this.remember(null);
  }

  open(then: () => void): void {
    if (this.passed()) return then();
    this.then = then;
    if (this.state === 'offer') void this.load();
    else this.focus();
  }

  private async load(said: Check['said'] = null): Promise<void> {
    const run = ++this.run;
    this.work?.stop();
    this.work = this.working = this.solution = this.challenge = null;
    this.part = 0;
    this.said = said;
    this.set('loading');
    const answer = await this.home.call.call<Challenge>(this.path(), { headers: this.home.headers() });
    if (run !== this.run) return;
    if (!answer.ok) return this.refused(answer.problem);
    this.challenge = answer.value;
    if (!answer.value.needed) {
      this.needed = false;
      return this.done();
    }
    const retry_at = answer.value.question?.retry_at;
    if (answer.value.question?.tries_left === 0 && retry_at) return this.coolDown(Date.parse(retry_at) - this.home.now());
    this.set('form');
    if (answer.value.proof_of_work !== null) this.working = this.compute(run);
    if (answer.value.question === null) void this.submit('');
    else this.focus();
  }

  // Starts while the shopper still reads the question.
  private async compute(run: number): Promise<void> {
    const task = this.challenge!.proof_of_work!;
    const work = this.work = new Work();
    const started_ms = performance.now();
    const number = await work.run(task, (part) => {
      this.part = part;
      if (run === this.run) this.home.changed();
    });
    if (run !== this.run || number === null) return;
    this.part = 1;
    this.solution = payload(task, number, performance.now() - started_ms);
    this.home.changed();
  }

  private async submit(answer_text: string): Promise<void> {
    const run = this.run;
    const question = this.challenge?.question ?? null;
    if (this.state !== 'form') return;
    if (question !== null && answer_text.trim() === '') return this.focus();
    this.set('sending');
    await this.working;
    if (run !== this.run) return;
    if (this.challenge?.proof_of_work != null && this.solution === null) {
      this.said = { text: c('no_solution'), bad: true };
      return this.set('offer');
    }
    const answer = await this.home.call.call<Token>(this.path(), { method: 'POST', headers: this.home.headers(), json: {
      ...(question === null ? {} : { question: { id: question.id, answer: answer_text.trim() } }),
      ...(this.solution === null ? {} : { proof_of_work: this.solution }) } });
    if (run !== this.run) return;
    if (!answer.ok) return this.refused(answer.problem);
    this.granted = answer.value;
    this.remember(answer.value);
    this.done();
  }

  private done(): void {
    this.challenge = null;
    this.said = null;
    this.set('offer');
    if (this.granted !== null) this.home.announce(c('say_done'));
    const then = this.then;
    this.then = null;
    then?.();
  }

  private refused(problem: Problem): void {
    if (problem.code === 'challenge_cool_down') {
      this.coolDown(problem.retry_after_ms);
    } else if (problem.code === 'challenge_failed') {
      const left = problem.body['tries_left'];
      if (left === 0) return void this.load();   // which says for how long
      const text = typeof left === 'number' ? left === 1 ? c('wrong_last') : c('wrong', { n: left }) : c('expired');
      this.home.announce(text);
      void this.load({ text, bad: true });
    } else {
      this.said = { text: problem.status === 0 ? c('offline') : problem.status === 429 || problem.status >= 500 ? c('busy') : c('error', { detail: problem.detail || problem.code }), bad: true };
      this.set('offer');
    }
  }

  private coolDown(ms: number): void {
    this.until_ms = Date.now() + Math.max(1_000, ms);
    this.said = null;
    this.home.announce(c('cool_down', { time: stopwatch(this.until_ms - Date.now()) }));
    this.set('cool_down');
    window.setTimeout(() => {
      if (!this.stopped && this.state === 'cool_down') this.set('offer');
    }, this.until_ms - Date.now());
  }

  private cancel(): void {
    this.run += 1;
    this.work?.stop();
    this.then = null;
    this.said = null;
    this.set('offer');
  }

  private set(state: State): void {
    this.state = state;
    if (!this.stopped) this.home.changed();
  }

  private focus(): void {
    requestAnimationFrame(() => {
      const box = document.querySelector('.check');
      box?.scrollIntoView({ block: 'nearest' });
      box?.querySelector('input')?.focus();
    });
  }

  view(): Child {
    if (this.token() !== null) {
      return h('section', { 'data-key': 'check', class: 'check done' }, h('p', null, h('i', { class: 'tick', 'aria-hidden': 'true' }), h('span', null, c('done'), ' ',
        h('small', null, c('valid_until', { time: clockTime(Date.parse(this.granted!.expires_at)) })))));
    }
    if (!this.needed) return null;
    return h('section', { 'data-key': 'check', class: 'check', 'aria-busy': this.state === 'loading' || this.state === 'sending' ? 'true' : undefined },
      h('h3', null, c('title')), this.said !== null && notice(this.said.bad ? 'bad' : 'info', this.said.text), this.body());
  }

  private body(): Child {
    switch (this.state) {
      case 'offer':
        return [h('p', { 'data-key': 'lead' }, this.then !== null ? c('lead_now') : c('lead')),
          h('p', { 'data-key': 'start', class: 'actions' }, h('button', { class: 'button second', type: 'button', onclick: () => void this.load() }, c('start')))];
      case 'loading':
        return h('p', { 'data-key': 'wait' }, c('loading'));
      case 'cool_down':
        return [h('p', { 'data-key': 'lead' }, c('cool_down', { time: stopwatch(this.until_ms - Date.now()) }))];
      default:
        return this.form();
    }
  }

  private form(): Child {
    const question = this.challenge?.question ?? null;
    const sending = this.state === 'sending';
    const cancel = h('button', { class: 'link quiet-link', type: 'button', onclick: () => this.cancel() }, c('cancel'));
    return h('form', { 'data-key': `form-${question?.id ?? ''}`, novalidate: true, onsubmit: (event) => {
      event.preventDefault();
      void this.submit(String(new FormData(event.target as HTMLFormElement).get('answer') ?? ''));
    } },
    question !== null && h('label', null, pick(question.text),
      h('input', { name: 'answer', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', maxlength: 100, required: true, 'aria-describedby': 'check-tries' }),
      h('small', { id: 'check-tries' }, question.tries_left === 1 ? c('last_try') : c('tries_left', { n: question.tries_left }))),
    this.challenge?.proof_of_work != null && this.progress(),
    question === null ? h('p', { class: 'actions' }, cancel)
      : h('p', { class: 'actions' }, h('button', { class: 'button', type: 'submit', disabled: sending }, sending ? c('sending') : c('send')), cancel));
  }

  private progress(): HTMLElement {
    const ready = this.solution !== null;
    if (ready) return h('div', { 'data-key': 'ready', class: 'work ready' }, h('i', { class: 'tick', 'aria-hidden': 'true' }), h('p', { class: 'small' }, c('computed')));
    const percent = Math.round(100 * this.part);
    return h('div', { 'data-key': 'work', class: 'work' }, h('p', { class: 'small', id: 'work-label' }, c('computing')),
      h('div', { class: 'walk', role: 'progressbar', 'aria-labelledby': 'work-label', 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': percent, css: { '--walked': `${percent}%` } }, h('i')));
  }

  private path(): string {
    return `/api/v1/sales/${encodeURIComponent(this.home.sale)}/challenge`;
  }

  // For a reload: it says nothing but that this account has passed the check of this sale.
  private key(): string {
    return `onrush.check.${this.home.sale}.${this.home.account}`;
  }

  private remember(token: Token | null): void {
    try {
      if (token === null) sessionStorage.removeItem(this.key());
      else sessionStorage.setItem(this.key(), JSON.stringify({ token: token.token, expires_at: token.expires_at }));
    } catch {
      // storage is switched off: after a reload the check is done again
    }
  }

  private remembered(): Token | null {
    try {
      const kept = JSON.parse(sessionStorage.getItem(this.key()) ?? 'null') as Token | null;
      return typeof kept?.token === 'string' && typeof kept.expires_at === 'string' ? kept : null;
    } catch {
      return null;
    }
  }
}

export function openGate(home: GateHome): Gate {
  return new Check(home);
}

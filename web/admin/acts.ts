// The log of acts, newest first.

import { h, patch } from '../shared/dom';
import { fullTime } from '../shared/format';
import { explain, head, notice, type Context, type OpenPage, type Page } from './context';
import type { Act } from './events';
import { staffNames, type StaffNames } from './staff_names';
import { t, word, type TextKey } from './texts';

const kKinds = ['define', 'announce', 'open', 'pause', 'resume', 'close', 'cancel', 'restock', 'reschedule', 'refund', 'confirm', 'rate', 'notice', 'beacon'] as const;
const kTypingMs = 300;

const kLimit = 100;

class Acts implements Page {
  private acts: Act[] | null = null;
  private names: StaffNames = new Map();
  private complete = false;
  private said = '';
  private stopped = false;
  private number = 0;
  private timer: number | undefined;
  private readonly query = { sale: '', act: '', actor: '' };

  constructor(private readonly root: HTMLElement, private readonly context: Context) {
    this.render();
    void this.load();
    void this.loadNames();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private set(name: keyof Acts['query'], value: string): void {
    this.query[name] = value.trim();
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.load(), name === 'sale' ? kTypingMs : 0);
  }

  private async load(more = false): Promise<void> {
    const number = ++this.number;
    const query = new URLSearchParams({ limit: String(kLimit) });
    for (const [name, value] of Object.entries(this.query)) if (value !== '') query.set(name, value);
    const last = more ? this.acts?.[this.acts.length - 1] : undefined;
    if (last !== undefined) query.set('before', String(last.seq));
    const answer = await this.context.api.call<{ acts: Act[] }>(`/api/v1/admin/acts?${query}`);
    if (this.stopped || number !== this.number) return;
    this.said = answer.ok ? '' : t('failed', { detail: explain(answer.problem) });
    if (answer.ok) {
      this.acts = more ? [...(this.acts ?? []), ...answer.value.acts] : answer.value.acts;
      this.complete = answer.value.acts.length < kLimit;
    }
    this.render();
  }

  private async loadNames(): Promise<void> {
    const names = await staffNames(this.context);
    if (this.stopped) return;
    this.names = names;
    this.render();
  }

  render(): void {
    this.context.title(t('acts'));
    const select = (event: Event) => (event.target as HTMLSelectElement).value;
    patch(this.root, head(t('acts')),
      h('div', { class: 'filters' },
        h('label', null, t('sale'), h('input', { type: 'search', maxlength: 64, autocapitalize: 'off', oninput: (event) => this.set('sale', (event.target as HTMLInputElement).value) })),
        h('label', null, t('what'), h('select', { onchange: (event) => this.set('act', select(event)) }, h('option', { value: '' }, t('all')), kKinds.map((kind) => h('option', { value: kind }, t(`d_${kind}` as TextKey))))),
        this.names.size > 0 && h('label', null, t('who'), h('select', { 'data-key': 'who', onchange: (event) => this.set('actor', select(event)) }, h('option', { value: '' }, t('all')), [...this.names].map(([actor, email]) => h('option', { value: actor }, email))))),
      this.said !== '' && notice('warn', this.said),
      this.acts === null ? this.said === '' && h('p', { class: 'soft' }, t('loading')) : this.acts.length === 0 ? h('p', { class: 'soft' }, t('none'))
        : h('div', { class: 'scroll' }, h('table', { class: 'stack' },
          h('thead', null, h('tr', null, [t('when'), t('who'), t('what'), t('sale'), t('detail')].map((label) => h('th', { scope: 'col' }, label)))),
          h('tbody', null, this.acts.map((act) => h('tr', { 'data-key': String(act.seq) },
            h('th', { scope: 'row', class: 'when' }, fullTime(act.at)), h('td', { 'data-label': t('who') }, this.names.get(act.actor) ?? act.actor), h('td', { 'data-label': t('what') }, h('b', null, word('d_', act.act))),
            h('td', { 'data-label': t('sale') }, act.sale ? h('a', { href: `/sales/${act.sale}` }, act.sale) : '–'), h('td', { 'data-label': t('detail') }, act.detail || '–')))))),
      this.acts !== null && !this.complete && h('p', { class: 'actions' }, h('button', { class: 'button quiet', type: 'button', onclick: () => void this.load(true) }, t('more'))));
  }
}

export const openActs: OpenPage = (root, context) => new Acts(root, context);

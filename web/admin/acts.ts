// The log of acts, newest first.

import { h, patch } from '../shared/dom';
import { fullTime } from '../shared/format';
import type { Account } from '../shared/types';
import { explain, head, may, notice, type Context, type OpenPage, type Page } from './context';
import { t, word } from './texts';

interface Act {
  seq: number | string;
  at: string;
  actor: string;
  act: string;
  sale?: string;
  detail?: string;
}

const kLimit = 100;

class Acts implements Page {
  private acts: Act[] | null = null;
  private readonly names = new Map<string, string>();  // of actors, as far as this reader may know them
  private complete = false;
  private said = '';
  private stopped = false;

  constructor(private readonly root: HTMLElement, private readonly context: Context) {
    this.render();
    void this.load();
    if (may(context, 'owner')) void this.loadNames();
  }

  stop(): void {
    this.stopped = true;
  }

  private async load(): Promise<void> {
    const query = new URLSearchParams({ limit: String(kLimit) });
    const last = this.acts?.[this.acts.length - 1];
    if (last !== undefined) query.set('before', String(last.seq));
    const answer = await this.context.api.call<{ acts: Act[] }>(`/api/v1/admin/acts?${query}`);
    if (this.stopped) return;
    this.said = answer.ok ? '' : t('failed', { detail: explain(answer.problem) });
    if (answer.ok) {
      this.acts = [...(this.acts ?? []), ...answer.value.acts];
      this.complete = answer.value.acts.length < kLimit;
    }
    this.render();
  }

  // The log names accounts by number: addresses do not belong into a journal that is kept for ever.
  private async loadNames(): Promise<void> {
    const answer = await this.context.api.call<{ staff: Account[] }>('/api/v1/admin/staff');
    if (this.stopped || !answer.ok) return;
    for (const member of answer.value.staff) this.names.set(`staff-${member.id}`, member.email);
    this.render();
  }

  render(): void {
    this.context.title(t('acts'));
    patch(this.root, head(t('acts')),
      this.said !== '' && notice('warn', this.said),
      this.acts === null ? this.said === '' && h('p', { class: 'soft' }, t('loading')) : this.acts.length === 0 ? h('p', { class: 'soft' }, t('none'))
        : h('div', { class: 'scroll' }, h('table', { class: 'stack' },
          h('thead', null, h('tr', null, [t('when'), t('who'), t('what'), t('sale'), t('detail')].map((label) => h('th', { scope: 'col' }, label)))),
          h('tbody', null, this.acts.map((act) => h('tr', { 'data-key': String(act.seq) },
            h('th', { scope: 'row', class: 'when' }, fullTime(act.at)), h('td', { 'data-label': t('who') }, this.names.get(act.actor) ?? act.actor), h('td', { 'data-label': t('what') }, h('b', null, word('d_', act.act))),
            h('td', { 'data-label': t('sale') }, act.sale ? h('a', { href: `/sales/${act.sale}` }, act.sale) : '–'), h('td', { 'data-label': t('detail') }, act.detail || '–')))))),
      this.acts !== null && !this.complete && h('p', { class: 'actions' }, h('button', { class: 'button quiet', type: 'button', onclick: () => void this.load() }, t('more'))));
  }
}

export const openActs: OpenPage = (root, context) => new Acts(root, context);

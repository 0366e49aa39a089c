// The acts on a running sale that are more than a button: the rate of the line, the notice, the beacon.

import { h, type Child } from '../shared/dom';
import { rate } from '../shared/format';
import type { Text } from '../shared/types';
import { explain, may, notice, type AdminSale, type Context } from './context';
import { t, type TextKey } from './texts';

const kNoticeMax = 1_000;
const kBeaconMax = 200;

interface Said { kind: 'good' | 'bad'; text: string }

export class StaffActs {
  private busy = false;
  private said = new Map<string, Said>();
  private draft: { en: string; zh: string } | null = null;  // of the notice; null: nothing has been typed
  private generation = 0;

  constructor(private readonly context: Context, private readonly id: string, private readonly changed: () => void, private readonly acted: () => void) {}

  mayLeave(): boolean {
    return this.draft === null || window.confirm(t('unsaved'));
  }

  view(sale: AdminSale): Child {
    if (!may(this.context, 'operator')) return sale.notice ? h('section', { class: 'side-part' }, h('h3', null, t('notice')), bubble(sale.notice)) : null;
    const over = sale.phase === 'closed' || sale.phase === 'settled';
    const before = sale.phase === 'draft' || sale.phase === 'announced' || sale.phase === 'lobby';
    return [
      !over && sale.line && sale.line.mode !== 'off' ? this.rate(sale.line.rate) : null,
      !over && before && sale.line?.mode === 'draw' && !sale.line.drawn && this.beacon(),
      !over && sale.phase !== 'draft' && this.notice(sale.notice ?? null),
    ];
  }

  private outcome(name: string): Child {
    const said = this.said.get(name);
    return said !== undefined && notice(said.kind, said.text);
  }

  private rate(now: number): HTMLElement {
    return h('form', { class: 'side-part', 'data-key': `rate${this.generation}`, onsubmit: (event) => {
      event.preventDefault();
      const wanted = Number(new FormData(event.target as HTMLFormElement).get('rate'));
      void this.act('rate', { act: 'rate', rate: wanted }, t('rate_done', { from: rate(now), to: rate(wanted) }));
    } },
      h('h3', null, t('rate_title')),
      h('label', null, t('rate_label'), h('input', { name: 'rate', type: 'number', min: 1, max: 100_000, step: 1, required: true, inputmode: 'numeric', value: String(now), 'aria-describedby': 'rate-hint' })),
      h('p', { class: 'hint', id: 'rate-hint' }, t('rate_hint', { now: rate(now) })),
      this.outcome('rate'),
      h('p', { class: 'actions' }, h('button', { class: 'button quiet', type: 'submit', disabled: this.busy }, t('rate_apply'))));
  }

  private beacon(): HTMLElement {
    return h('form', { class: 'side-part', 'data-key': `beacon${this.generation}`, onsubmit: (event) => {
      event.preventDefault();
      const value = String(new FormData(event.target as HTMLFormElement).get('beacon') ?? '').trim();
      void this.act('beacon', { act: 'beacon', value }, t('beacon_done', { value }));
    } },
      h('h3', null, t('beacon_title')),
      h('label', null, t('beacon_label'), h('input', { name: 'beacon', required: true, maxlength: kBeaconMax, autocomplete: 'off', spellcheck: 'false', 'aria-describedby': 'beacon-hint' })),
      h('p', { class: 'hint', id: 'beacon-hint' }, t('beacon_hint')),
      this.outcome('beacon'),
      h('p', { class: 'actions' }, h('button', { class: 'button quiet', type: 'submit', disabled: this.busy }, t('beacon_apply'))));
  }

  private notice(shown: Text | null): HTMLElement {
    const now = languages(shown);
    const draft = this.draft ?? now;
    const edit = (part: 'en' | 'zh') => (event: Event) => {
      this.draft = { ...(this.draft ?? now), [part]: (event.target as HTMLTextAreaElement).value };
      this.said.delete('notice');
      this.changed();
    };
    const area = (part: 'en' | 'zh', label: TextKey, lang: string) => h('label', { 'data-key': part }, t(label),
      h('textarea', { class: 'words', name: `notice-${part}`, rows: 3, maxlength: kNoticeMax, lang, oninput: edit(part) }, draft[part]));
    const clear = now.en !== '' || now.zh !== '';
    return h('form', { class: 'side-part', 'data-key': `notice${this.generation}`, onsubmit: (event) => {
      event.preventDefault();
      void this.act('notice', { act: 'notice', notice: { en: draft.en.trim(), zh: draft.zh.trim() } }, t('notice_done'));
    } },
      h('h3', null, t('notice')),
      h('p', { class: 'hint' }, t('notice_hint')),
      area('en', 'notice_en', 'en'), area('zh', 'notice_zh', 'zh-Hans'),
      h('p', { class: 'label' }, t('notice_seen')),
      draft.en === '' && draft.zh === '' ? h('p', { class: 'soft' }, t('notice_none')) : bubble(draft),
      this.outcome('notice'),
      h('p', { class: 'actions' },
        h('button', { 'data-key': 'show', class: 'button quiet', type: 'submit', disabled: this.busy || draft.en.trim() === '' }, t('notice_show')),
        clear && h('button', { 'data-key': 'clear', class: 'button quiet', type: 'button', disabled: this.busy, onclick: () => void this.act('notice', { act: 'notice', notice: { en: '', zh: '' } }, t('notice_gone')) }, t('notice_clear'))));
  }

  private async act(name: string, body: Record<string, unknown>, done: string): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.said.clear();
    this.changed();
    const answer = await this.context.api.call(`/api/v1/admin/sales/${encodeURIComponent(this.id)}/acts`, { method: 'POST', json: body });
    this.busy = false;
    const said: Said = answer.ok ? { kind: 'good', text: done } : { kind: 'bad', text: t('refused', { detail: explain(answer.problem) }) };
    this.said.set(name, said);
    if (answer.ok) {
      if (name === 'notice') this.draft = null;
      this.generation += 1;
    }
    this.context.announce(said.text);
    this.acted();
    this.changed();
  }
}

function languages(text: Text | null): { en: string; zh: string } {
  return text === null ? { en: '', zh: '' } : typeof text === 'string' ? { en: text, zh: '' } : { en: text.en, zh: text.zh ?? '' };
}

// As every shopper sees it: one language each, the English one where the other is missing.
function bubble(text: Text): HTMLElement {
  const { en, zh } = languages(text);
  return h('div', { class: 'bubbles' }, h('p', { class: 'notice notice-info', lang: 'en' }, en || zh), zh !== '' && h('p', { class: 'notice notice-info', lang: 'zh-Hans' }, zh));
}

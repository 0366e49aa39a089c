// Import of a sale file: paste or choose it, apply it, and see where it is wrong.

import { h, patch } from '../shared/dom';
import { explain, head, may, notice, type Context, type OpenPage, type Page } from './context';
import { findPlace, placeAt, type Place } from './json_place';
import { t } from './texts';

const kExample = {
  sale: 'spring-drop', title: { en: 'Spring drop', zh: '春季限量' }, description: { en: 'One per person, ten minutes to pay.', zh: '每人限购一件，十分钟内付款。' },
  currency: 'EUR', opens_at: '+5m', closes_at: '+1h', hold_seconds: 600, per_buyer: 1,
  items: [{ item: 'poster', title: { en: 'Signed poster', zh: '签名海报' }, stock: 200, price: 4500 }],
};

class Editor implements Page {
  private busy = false;
  private said: { kind: 'good' | 'bad'; text: string; sale?: string } | null = null;
  private readonly area = h('textarea', { id: 'file', name: 'file', rows: 24, spellcheck: 'false', autocapitalize: 'off', autocomplete: 'off', wrap: 'off', 'aria-describedby': 'file-hint file-said' });
  private readonly shell = h('div', { class: 'editor-head' });
  private readonly foot = h('div', { class: 'editor-foot' });

  constructor(root: HTMLElement, private readonly context: Context) {
    root.append(this.shell, this.area, this.foot);
    this.render();
  }

  stop(): void {}

  private async choose(event: Event): Promise<void> {
    const file = (event.target as HTMLInputElement).files?.[0];
    if (file === undefined) return;
    this.area.value = await file.text();
    this.said = null;
    this.render();
  }

  private async apply(): Promise<void> {
    if (this.busy) return;
    const text = this.area.value;
    let id: unknown;
    try {
      id = (JSON.parse(text) as { sale?: unknown } | null)?.sale;
    } catch (error) {
      return this.badJson(text, String((error as Error).message));
    }
    if (typeof id !== 'string' || id === '') return this.fail(t('no_sale_key'), findPlace(text, 'sale'));
    this.busy = true;
    this.said = null;
    this.render();
    const answer = await this.context.api.call(`/api/v1/admin/sales/${encodeURIComponent(id)}`, { method: 'PUT', body: text });
    this.busy = false;
    if (answer.ok) {
      this.said = { kind: 'good', text: t(answer.status === 201 ? 'applied_new' : 'applied', { sale: id }), sale: id };
      this.context.announce(this.said.text);
      return this.render();
    }
    const detail = explain(answer.problem);
    const match = /^([A-Za-z_][\w.[\]-]*): ([\s\S]+)$/.exec(detail);
    const place = match === null ? null : findPlace(text, match[1]!);
    if (match === null || place === null) return this.fail(detail, null);
    this.fail(t('bad_place', { place: match[1]!, line: place.line, detail: match[2]! }), place);
  }

  private badJson(text: string, message: string): void {
    // Browsers word this differently; where they give a position, it is used.
    const position = /position (\d+)/.exec(message);
    const line_column = /line (\d+) column (\d+)/.exec(message);
    let place: Place | null = position === null ? null : placeAt(text, Number(position[1]));
    if (place === null && line_column !== null) {
      const lines = text.split('\n').slice(0, Number(line_column[1]) - 1);
      place = placeAt(text, lines.join('\n').length + (lines.length > 0 ? 1 : 0) + Number(line_column[2]) - 1);
    }
    place ??= placeAt(text, text.length);
    this.fail(t('bad_json', { line: place.line, column: place.column, detail: message }), place);
  }

  private fail(text: string, place: Place | null): void {
    this.said = { kind: 'bad', text };
    this.context.announce(text);
    this.render();
    this.area.focus();
    if (place === null) return;
    const rest = /^("(?:\\.|[^"\\])*"|[^\s,\]}]+)/.exec(this.area.value.slice(place.offset));
    this.area.setSelectionRange(place.offset, place.offset + (rest?.[0].length ?? 1));
    const line_height = parseFloat(getComputedStyle(this.area).lineHeight) || 20;
    this.area.scrollTop = Math.max(0, (place.line - 6) * line_height);
  }

  render(): void {
    this.context.title(t('new_sale'));
    const permitted = may(this.context, 'operator');
    patch(this.shell, head(t('new_sale')),
      h('div', { class: 'editor-tools' },
        h('label', { class: 'button quiet file' }, t('file_choose'), h('input', { type: 'file', accept: '.json,application/json', class: 'sr', onchange: (event) => void this.choose(event) })),
        h('button', { class: 'button quiet', type: 'button', onclick: () => { this.area.value = JSON.stringify(kExample, null, 2); } }, t('example'))),
      h('label', { for: 'file' }, t('file'), h('small', { id: 'file-hint' }, t('file_hint'))));
    patch(this.foot,
      h('div', { id: 'file-said' }, this.said !== null && notice(this.said.kind, this.said.text, this.said.sale !== undefined && [' ', h('a', { href: `/sales/${this.said.sale}` }, t('view_sale'))])),
      h('button', { class: 'button', type: 'button', disabled: this.busy || !permitted, onclick: () => void this.apply() }, this.busy ? t('applying') : t('apply')),
      !permitted && h('p', { class: 'soft' }, t('need_operator')));
  }
}

export const openEditor: OpenPage = (root, context) => new Editor(root, context);

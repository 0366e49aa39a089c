// A new sale, or a draft that is changed: in a form or as text, checked by the server while it is written, with a
// preview beside it.

import { h, patch, type Child } from '../shared/dom';
import { language, type Language } from '../shared/language';
import type { Phase } from '../shared/types';
import { explain, head, may, notice, type AdminSale, type Context, type OpenPage, type Page } from './context';
import { explainFault, type Fault } from './faults';
import { idOf, type Form } from './fields';
import { JsonTab } from './json_tab';
import { kMoments, Preview, type Moment } from './preview';
import { newSale, withAbsoluteTimes, type Draft } from './sale_draft';
import { saleForm } from './sale_form';
import { download } from './download';
import { t } from './texts';

type Tab = 'form' | 'json';
interface Check { valid: boolean; faults: Fault[]; exists: boolean; may_apply: boolean; file: Draft | null }

const kTypingMs = 400;

class Editor implements Page {
  private draft: Draft;
  private saved = '';              // the draft as the server has it, or as it was at first
  private tab: Tab = 'form';
  private phase: Phase | null = null;   // of the sale that is being changed; null: a new one
  private faults = new Map<string, string>();
  private listed: Fault[] = [];
  private touched = new Set<string>();
  private insists = false;         // applying was tried: every complaint is shown
  private generation = 0;
  private checks = 0;
  private timer: number | undefined;
  private busy = false;
  private asks = false;            // for a confirmation of announcing
  private loaded = false;
  private stopped = false;
  private moment: Moment = 'before';
  private preview_language: Language = language();
  private said: { kind: 'good' | 'bad' | 'info'; text: string; sale?: string } | null = null;
  private readonly json = new JsonTab(() => { this.said = null; this.render(); });
  private readonly preview = new Preview();
  private readonly top = h('div', { class: 'editor-head' });
  private readonly form = h('form', { class: 'sale-form', novalidate: true, 'aria-label': t('tab_form') });
  private readonly text = h('div', { class: 'json-tab' });
  private readonly json_said = h('div', { id: 'file-said' });
  private readonly json_label = h('label', { for: 'file' });
  private readonly aside = h('section', { class: 'preview', id: 'preview' });
  private readonly preview_head = h('div', { class: 'preview-head' });
  private readonly foot = h('div', { class: 'editor-foot' });
  private readonly unload = (event: BeforeUnloadEvent) => { if (this.dirty()) event.preventDefault(); };

  constructor(private readonly root: HTMLElement, private readonly context: Context, private readonly id: string) {
    this.draft = newSale(context.clock.now());
    this.saved = JSON.stringify(this.draft);
    this.text.append(this.json_label, this.json.area, this.json_said);
    this.aside.append(this.preview_head, this.preview.frame);
    this.root.append(this.top, h('div', { class: 'editor' }, h('div', { class: 'editor-main' }, this.form, this.text, this.foot), this.aside));
    this.form.onsubmit = (event) => { event.preventDefault(); void this.apply(false); };
    this.root.ondragover = (event) => { if (event.dataTransfer?.types.includes('Files')) { event.preventDefault(); this.root.classList.add('dropping'); } };
    this.root.ondragleave = (event) => { if (event.target === this.root || !this.root.contains(event.relatedTarget as Node | null)) this.root.classList.remove('dropping'); };
    this.root.ondrop = (event) => void this.drop(event);
    window.addEventListener('beforeunload', this.unload);
    if (id === '') this.loaded = true;
    else void this.load();
    this.render();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    window.removeEventListener('beforeunload', this.unload);
    this.root.ondragover = this.root.ondragleave = this.root.ondrop = null;
    this.root.classList.remove('dropping');
  }

  mayLeave(): boolean {
    return !this.dirty() || window.confirm(t('unsaved'));
  }

  private permitted(): boolean {
    return may(this.context, 'operator') && (this.phase === null || this.phase === 'draft');
  }

  private dirty(): boolean {
    if (!this.loaded || !this.permitted()) return false;
    return this.tab === 'json' ? this.json.area.value !== '' && this.json.area.value !== JSON.stringify(JSON.parse(this.saved), null, 2) : JSON.stringify(this.draft) !== this.saved;
  }

  private async load(): Promise<void> {
    const path = `/api/v1/admin/sales/${encodeURIComponent(this.id)}`;
    const [sale, file] = await Promise.all([this.context.api.call<AdminSale>(path), this.context.api.call<Draft>(`${path}/file`)]);
    if (this.stopped) return;
    if (!sale.ok || !file.ok) {
      const problem = sale.ok ? file : sale;
      this.said = { kind: 'bad', text: problem.ok ? '' : t('failed', { detail: explain(problem.problem) }) };
      return this.render();
    }
    this.phase = sale.value.phase;
    this.loaded = true;
    this.take(file.value);
    this.saved = JSON.stringify(this.draft);
    this.render();
  }

  // Another document as a whole: every field is drawn anew.
  private take(draft: Draft): void {
    this.draft = withAbsoluteTimes(draft, this.context.clock.now());
    this.generation += 1;
    this.touched.clear();
    this.insists = false;
    this.said = null;
    if (this.tab === 'json') this.json.show(draft);
    this.later(0);
  }

  private async drop(event: DragEvent): Promise<void> {
    const file = event.dataTransfer?.files[0];
    this.root.classList.remove('dropping');
    if (file === undefined) return;
    event.preventDefault();
    await this.read(file);
  }

  private async read(file: File | undefined): Promise<void> {
    if (file === undefined || !this.permitted()) return;
    const text = await file.text();
    this.json.area.value = text;
    const parsed = this.json.parse();
    if (!parsed.ok) {
      this.tab = 'json';
      return this.failText(parsed.said, parsed.place);
    }
    this.take(parsed.draft);
    if (this.tab === 'json') this.json.area.value = text;
    this.insists = true;
    this.said = { kind: 'info', text: t('imported', { name: file.name }) };
    this.context.announce(this.said.text);
    this.render();
  }

  private choose(tab: Tab): void {
    if (tab === this.tab) return;
    if (tab === 'json') {
      this.json.show(this.draft);
    } else {
      const parsed = this.json.parse();
      // Without an id it is still a document that the form can show.
      if (!parsed.ok && parsed.place !== null) return this.failText(parsed.said, parsed.place);
      try {
        const value = JSON.parse(this.json.area.value) as Draft;
        this.tab = tab;
        this.take(value);
      } catch {
        return this.failText(parsed.ok ? '' : parsed.said, null);
      }
    }
    this.tab = tab;
    this.said = null;
    this.render();
  }

  private failText(text: string, place: Parameters<JsonTab['mark']>[0]): void {
    this.said = { kind: 'bad', text };
    this.context.announce(text);
    this.render();
    this.json.mark(place);
  }

  // ---- checking

  private later(ms: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.check(), ms);
  }

  private async check(): Promise<Check | null> {
    clearTimeout(this.timer);
    if (!this.permitted()) return null;
    const number = ++this.checks;
    const answer = await this.context.api.call<Check>('/api/v1/admin/sales/check', { method: 'POST', json: this.draft });
    if (this.stopped || number !== this.checks) return null;
    if (!answer.ok) {
      this.said = { kind: 'bad', text: t('refused', { detail: explain(answer.problem) }) };
      this.render();
      return null;
    }
    this.listed = answer.value.faults;
    this.faults = new Map(answer.value.faults.map((fault) => [fault.pointer, fault.message]));
    if (this.id === '' && answer.value.exists && !this.faults.has('/sale')) {
      const fault = { pointer: '/sale', place: 'sale', message: t('e_sale_taken') };
      this.listed.push(fault);
      this.faults.set(fault.pointer, fault.message);
    }
    this.render();
    return answer.value;
  }

  private async apply(announce: boolean): Promise<void> {
    if (this.busy || !this.permitted()) return;
    if (this.tab === 'json') return this.applyText();
    this.insists = true;
    this.asks = false;
    this.busy = true;
    this.said = null;
    this.render();
    const check = await this.check();
    if (check !== null && this.listed.length === 0) await this.put(String(this.draft['sale']), { json: this.draft }, announce);
    this.busy = false;
    this.render();
    if (this.listed.length > 0) {
      this.context.announce(t('to_correct', { n: this.listed.length }));
      this.focusFault(this.listed[0]!);
    }
  }

  private async applyText(): Promise<void> {
    const parsed = this.json.parse();
    if (!parsed.ok) return this.failText(parsed.said, parsed.place);
    this.busy = true;
    this.said = null;
    this.render();
    const problem = await this.put(String(parsed.draft['sale']), { body: this.json.area.value }, false);
    this.busy = false;
    if (problem === null) return this.render();
    const match = /^([A-Za-z_][\w.[\]-]*): ([\s\S]+)$/.exec(problem);
    if (match === null) return this.failText(problem, null);
    const { said, place } = this.json.locate(match[1]!, explainFault(match[2]!));
    this.failText(said, place);
  }

  // Null: done; else what was said against it.
  private async put(id: string, body: { json?: unknown; body?: string }, announce: boolean): Promise<string | null> {
    const path = `/api/v1/admin/sales/${encodeURIComponent(id)}`;
    const answer = await this.context.api.call(path, { method: 'PUT', ...body });
    if (!answer.ok) {
      const detail = explain(answer.problem);
      this.said = { kind: 'bad', text: t('refused', { detail }) };
      return detail;
    }
    this.saved = body.body === undefined ? JSON.stringify(this.draft) : JSON.stringify(JSON.parse(body.body));
    this.said = { kind: 'good', text: t(answer.status === 201 ? 'applied_new' : 'applied', { sale: id }), sale: id };
    if (announce) {
      const announced = await this.context.api.call(`${path}/acts`, { method: 'POST', json: { act: 'announce' } });
      if (announced.ok) {
        this.context.announce(t('announced', { sale: id }));
        this.context.navigate(`/sales/${id}`);
        return null;
      }
      this.said = { kind: 'bad', text: t('refused', { detail: explain(announced.problem) }) };
    }
    this.context.announce(this.said.text);
    return null;
  }

  private focusFault(fault: Fault): void {
    const field = document.getElementById(idOf(fault.pointer)) ?? document.getElementById(idOf(fault.pointer.replace(/\/en$/, '')));
    field?.closest('details')?.setAttribute('open', '');
    field?.focus();
  }

  // ---- drawing

  private bound(): Form {
    return {
      draft: this.draft, faults: this.faults, generation: this.generation, read_only: !this.permitted(),
      shows: (pointer) => this.insists || this.touched.has(pointer),
      changed: (pointer, done) => {
        this.said = null;
        if (pointer.endsWith('#')) this.generation += 1;
        if (done) this.touched.add(pointer);
        this.later(done ? 0 : kTypingMs);
        this.render();
      },
    };
  }

  render(): void {
    if (this.stopped) return;
    const title = this.id === '' ? t('new_sale') : t('edit_sale', { sale: this.id });
    this.context.title(title);
    this.renderHead(title);
    this.form.hidden = this.tab !== 'form' || !this.loaded;
    this.text.hidden = this.tab !== 'json';
    this.aside.hidden = !this.loaded || this.tab !== 'form';
    this.foot.hidden = !this.loaded;
    this.foot.classList.toggle('plain', this.tab === 'json');  // the text scrolls by itself: nothing may lie over it
    if (this.tab === 'form' && this.loaded) patch(this.form, saleForm(this.bound(), this.id !== ''));
    patch(this.json_label, t('file'), h('small', { id: 'file-hint' }, t('file_hint')));
    patch(this.json_said, this.tab === 'json' && this.outcome());
    this.renderPreview();
    this.renderFoot();
  }

  private renderHead(title: string): void {
    const tab = (name: Tab) => h('button', { 'data-key': name, class: 'tab', type: 'button', 'aria-pressed': String(this.tab === name), onclick: () => this.choose(name) }, t(`tab_${name}`));
    const editable = this.permitted();
    patch(this.top, head(title),
      h('div', { class: 'editor-tools' },
        h('div', { class: 'tabs', role: 'group', 'aria-label': t('tabs') }, tab('form'), tab('json')),
        editable && h('label', { class: 'button quiet file' }, t('file_choose'), h('input', { type: 'file', accept: '.json,application/json', class: 'sr', onchange: (event) => {
          const input = event.target as HTMLInputElement;
          void this.read(input.files?.[0]).then(() => { input.value = ''; });
        } })),
        h('button', { class: 'button quiet', type: 'button', onclick: () => this.save() }, t('file_save')),
        editable && h('span', { class: 'soft drop-hint' }, t('file_drop'))),
      !may(this.context, 'operator') && notice('info', t('need_operator')),
      this.phase !== null && this.phase !== 'draft' && notice('info', t('not_draft'), ' ', h('a', { href: `/sales/${this.id}` }, t('view_sale'))));
  }

  private save(): void {
    const text = this.tab === 'json' ? this.json.area.value : JSON.stringify(this.draft, null, 2);
    download(new Blob([text], { type: 'application/json' }), `${String(this.draft['sale'] || 'sale')}.json`);
  }

  private outcome(): Child {
    const said = this.said;
    return said !== null && notice(said.kind, said.text, said.sale !== undefined && [' ', h('a', { href: `/sales/${said.sale}` }, t('view_sale'))]);
  }

  private renderPreview(): void {
    if (this.aside.hidden) return;
    const pressed = <T extends string>(value: T, chosen: T, label: string, set: () => void, lang?: string) =>
      h('button', { 'data-key': value, class: 'tab', type: 'button', lang, 'aria-pressed': String(value === chosen), onclick: () => { set(); this.render(); } }, label);
    patch(this.preview_head, h('h2', null, t('preview')),
      h('div', { class: 'tabs', role: 'group', 'aria-label': t('preview_moment') }, kMoments.map((moment) => pressed(moment, this.moment, t(`v_${moment}`), () => { this.moment = moment; }))),
      h('div', { class: 'tabs', role: 'group', 'aria-label': t('preview_language') }, pressed('en', this.preview_language, 'English', () => { this.preview_language = 'en'; }, 'en'), pressed('zh', this.preview_language, '中文', () => { this.preview_language = 'zh'; }, 'zh-Hans')));
    this.preview.show(this.draft, this.moment, this.preview_language, this.context.clock.now());
  }

  private renderFoot(): void {
    const form = this.tab === 'form';
    const shown = form && this.insists ? this.listed : [];
    const plain = (event: MouseEvent, fault: Fault) => { event.preventDefault(); this.focusFault(fault); };
    patch(this.foot,
      form && h('div', { 'data-key': 'said' }, this.outcome()),
      shown.length > 0 && h('div', { 'data-key': 'faults', class: 'notice notice-bad faults' }, h('p', null, t('to_correct', { n: shown.length })),
        h('ul', null, shown.slice(0, 20).map((fault) => h('li', { 'data-key': fault.pointer }, h('a', { href: `#${idOf(fault.pointer)}`, onclick: (event) => plain(event, fault) }, fault.place), ' ', explainFault(fault.message))))),
      this.permitted() && h('p', { 'data-key': 'do', class: 'actions' },
        h('button', { 'data-key': 'apply', class: form ? 'button quiet' : 'button', type: 'button', disabled: this.busy, onclick: () => void this.apply(false) }, this.busy ? t('applying') : t(form ? 'save_draft' : 'apply')),
        form && h('button', { 'data-key': 'announce', class: 'button', type: 'button', disabled: this.busy, 'aria-expanded': String(this.asks), onclick: () => { this.asks = !this.asks; this.render(); } }, t('save_announce')),
        form && h('a', { 'data-key': 'preview', class: 'to-preview', href: '#preview' }, t('preview'))),
      this.asks && form && h('div', { 'data-key': 'sure', class: 'sure-box' }, h('p', null, t('sure_announce')),
        h('p', { class: 'actions' }, h('button', { class: 'button', type: 'button', disabled: this.busy, onclick: () => void this.apply(true) }, t('a_announce')),
          h('button', { class: 'button quiet', type: 'button', onclick: () => { this.asks = false; this.render(); } }, t('cancel')))));
  }
}

export const openEditor: OpenPage = (root, context, id) => new Editor(root, context, id);

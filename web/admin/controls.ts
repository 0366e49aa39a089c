// The acts that staff can take on a sale. What cannot be undone, or stops buyers, is confirmed by typing
// the sale's id.

import { h, type Child } from '../shared/dom';
import type { Phase } from '../shared/types';
import { explain, may, notice, type AdminSale, type Context } from './context';
import { pick } from '../shared/language';
import { localValue } from './sale_draft';
import { t, type TextKey } from './texts';

type Act = 'announce' | 'open' | 'pause' | 'resume' | 'close' | 'cancel';
type Form = Act | 'restock' | 'reschedule';

const kByPhase: Record<Phase, Form[]> = {
  draft: ['announce', 'reschedule', 'cancel'],
  announced: ['open', 'reschedule', 'restock', 'cancel'],
  lobby: ['open', 'reschedule', 'restock', 'cancel'],
  open: ['pause', 'restock', 'reschedule', 'close', 'cancel'],
  paused: ['resume', 'restock', 'reschedule', 'close', 'cancel'],
  closed: [],
  settled: [],
};
const kTyped: Form[] = ['pause', 'close', 'cancel'];
const kAtOnce: Form[] = ['announce', 'resume'];
const kWarnings: Partial<Record<Form, TextKey>> = { open: 'sure_open', pause: 'sure_pause', close: 'sure_close', cancel: 'sure_cancel' };

export class Controls {
  private form: Form | null = null;
  private typed = '';
  private busy = false;
  private said: { kind: 'good' | 'bad'; text: string } | null = null;

  constructor(private readonly context: Context, private readonly id: string, private readonly changed: () => void, private readonly acted: () => void) {}

  view(sale: AdminSale): Child {
    if (!may(this.context, 'operator')) return h('p', { class: 'soft' }, t('need_operator'));
    const forms = kByPhase[sale.phase].filter((form) => form !== 'cancel' || may(this.context, 'owner'));
    if (this.form !== null && !forms.includes(this.form)) this.form = null;
    return [
      this.said !== null && notice(this.said.kind, this.said.text),
      forms.length === 0 && h('p', { class: 'soft' }, t('no_controls')),
      h('div', { class: 'buttons' }, forms.map((form) => h('button', { 'data-key': form, type: 'button', disabled: this.busy,
        class: form === 'cancel' || form === 'close' ? 'button quiet danger' : form === 'announce' || form === 'resume' || form === 'open' ? 'button' : 'button quiet',
        'aria-expanded': kAtOnce.includes(form) ? undefined : String(this.form === form), onclick: () => this.choose(form) }, t(`a_${form}`)))),
      this.form !== null && this.details(sale, this.form),
    ];
  }

  private choose(form: Form): void {
    this.said = null;
    this.typed = '';
    if (kAtOnce.includes(form)) {
      void this.act(form, { act: form });
      return;
    }
    this.form = this.form === form ? null : form;
    this.changed();
  }

  private details(sale: AdminSale, form: Form): HTMLElement {
    const submit = (event: SubmitEvent) => {
      event.preventDefault();
      const data = new FormData(event.target as HTMLFormElement);
      void this.act(form, this.body(form, data));
    };
    const ready = !kTyped.includes(form) || this.typed === this.id;
    const buttons = (label: string) => h('p', { class: 'actions' },
      h('button', { class: kTyped.includes(form) ? 'button quiet danger' : 'button', type: 'submit', disabled: this.busy || !ready }, label),
      h('button', { class: 'button quiet', type: 'button', onclick: () => { this.form = null; this.changed(); } }, t('cancel')));
    if (form === 'restock') {
      return h('form', { 'data-key': form, class: 'details', onsubmit: submit },
        h('label', null, t('item'), h('select', { name: 'item', 'data-own': '' }, sale.items.map((item) => h('option', { value: item.item }, pick(item.title) || item.item)))),
        h('label', null, t('count'), h('input', { name: 'count', type: 'number', min: 1, max: 10_000_000, step: 1, required: true, inputmode: 'numeric' })),
        buttons(t('restock_button')));
    }
    if (form === 'reschedule') {
      const field = (name: 'opens_at' | 'closes_at', label: TextKey) => h('label', null, t(label), h('input', { name, type: 'datetime-local', step: 1, value: localValue(sale[name]), required: true }));
      const begun = sale.phase === 'open' || sale.phase === 'paused';
      return h('form', { 'data-key': form, class: 'details', onsubmit: submit },
        !begun && field('opens_at', 'opens'), field('closes_at', 'closes'), h('p', { class: 'soft' }, t('time_hint')), buttons(t('reschedule_button')));
    }
    const warning = kWarnings[form];
    return h('form', { 'data-key': form, class: 'details', onsubmit: submit },
      warning !== undefined && h('p', null, t(warning)),
      kTyped.includes(form) && h('label', null, t('type_sale', { sale: this.id }), h('input', { name: 'typed', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false',
        oninput: (event) => { this.typed = (event.target as HTMLInputElement).value.trim(); this.changed(); } })),
      h('label', null, t('reason'), h('input', { name: 'reason', maxlength: 200, placeholder: t('reason_hint') })),
      buttons(t(`a_${form}`)));
  }

  private body(form: Form, data: FormData): Record<string, unknown> {
    const text = (name: string) => String(data.get(name) ?? '').trim();
    if (form === 'restock') return { act: form, item: text('item'), count: Number(text('count')) };
    if (form === 'reschedule') {
      const body: Record<string, unknown> = { act: form };
      for (const name of ['opens_at', 'closes_at']) if (text(name) !== '') body[name] = new Date(text(name)).toISOString();
      return body;
    }
    return text('reason') === '' ? { act: form } : { act: form, reason: text('reason') };
  }

  private async act(form: Form, body: Record<string, unknown>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.changed();
    const answer = await this.context.api.call(`/api/v1/admin/sales/${encodeURIComponent(this.id)}/acts`, { method: 'POST', json: body });
    this.busy = false;
    this.said = answer.ok ? { kind: 'good', text: t('done', { act: t(`a_${form}`) }) } : { kind: 'bad', text: t('refused', { detail: explain(answer.problem) }) };
    if (answer.ok) this.form = null;
    this.context.announce(this.said.text);
    this.changed();
    this.acted();
  }
}

// The form of a sale: the keys of a sale file in the order in which an organiser thinks of them.

import { h, type Child } from '../shared/dom';
import { pick } from '../shared/language';
import { bilingualField, checkField, choiceField, numberField, priceField, textField, timeField, wordsField, type Form } from './fields';
import { list, read, write, type Draft, type Json, type Path } from './sale_draft';
import { t, type TextKey } from './texts';

const section = (key: TextKey, lead: TextKey | null, ...children: Child[]) =>
  h('section', { class: 'card part', 'data-key': key }, h('h2', null, t(key)), lead !== null && h('p', { class: 'soft' }, t(lead)), ...children);
const row = (...children: Child[]) => h('div', { class: 'row' }, ...children);

// `known`: the sale is there already, so that its id is no longer free to choose.
export function saleForm(form: Form, known: boolean): HTMLElement[] {
  return [basics(form, known), times(form), items(form), payment(form), line(form), admission(form)];
}

function basics(form: Form, known: boolean): HTMLElement {
  return section('e_basics', 'must',
    row(textField(known ? { ...form, read_only: true } : form, ['sale'], t('e_sale'), { required: true, hint: t(known ? 'e_sale_known' : 'e_sale_hint'), max: 64, placeholder: 'spring-drop' }),
      textField(form, ['currency'], t('e_currency'), { required: true, hint: t('e_currency_hint'), max: 3 })),
    bilingualField(form, ['title'], t('title'), { required: true }),
    bilingualField(form, ['description'], t('e_description'), { long: true }));
}

function times(form: Form): HTMLElement {
  return section('e_times', null,
    h('p', { class: 'soft' }, t('e_zone', { zone: zoneName() })),
    row(timeField(form, ['opens_at'], t('opens'), { required: true }), timeField(form, ['closes_at'], t('closes'), { required: true })),
    row(timeField(form, ['lobby_at'], t('e_lobby'), { hint: t('e_lobby_hint') })));
}

export function zoneName(): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
  const minutes = -new Date().getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${zone} (UTC${minutes < 0 ? '−' : '+'}${Math.floor(size / 60)}${size % 60 === 0 ? '' : `:${String(size % 60).padStart(2, '0')}`})`;
}

// ---- items

function items(form: Form): HTMLElement {
  const all = list(form.draft, ['items']);
  return section('e_items', 'e_items_lead',
    h('ol', { class: 'item-forms' }, all.map((_, index) => itemForm(form, index, all.length))),
    !form.read_only && h('p', { class: 'actions' }, h('button', { class: 'button quiet', type: 'button', onclick: () => changeItems(form, (list_) => { list_.push(newItem(list_.length)); }) }, t('e_add_item'))));
}

function newItem(count: number): Json {
  return { item: count === 0 ? '' : `item-${count + 1}`, title: '', stock: 100, price: 1000 };
}

// Rows change places: what the complaints were about does too, so everything is drawn anew.
function changeItems(form: Form, change: (items: Json[]) => void): void {
  const all = [...list(form.draft, ['items'])];
  change(all);
  write(form.draft, ['items'], all);
  form.changed('/items#', true);
}

function itemForm(form: Form, index: number, count: number): HTMLElement {
  const at = (key: string): Path => ['items', index, key];
  const title = read(form.draft, at('title')) as Parameters<typeof pick>[0];
  const name = pick(title) || String(read(form.draft, at('item')) || t('e_item_n', { n: index + 1 }));
  const swap = (by: number) => changeItems(form, (all) => { const [moved] = all.splice(index, 1); all.splice(index + by, 0, moved!); });
  const tool = (key: TextKey, sign: string, disabled: boolean, act: () => void) => h('button', { class: 'tool', type: 'button', 'data-key': key, disabled, 'aria-label': t(key, { name }), title: t(key, { name }), onclick: act }, sign);
  return h('li', { class: 'item-form', 'data-key': `${form.generation}-${index}` },
    h('div', { class: 'item-head' }, h('h3', null, h('span', { class: 'ordinal' }, index + 1), ' ', name),
      !form.read_only && h('div', { class: 'tools' },
        tool('e_up', '↑', index === 0, () => swap(-1)), tool('e_down', '↓', index === count - 1, () => swap(1)),
        tool('e_remove', '×', count === 1, () => changeItems(form, (all) => { all.splice(index, 1); })))),
    bilingualField(form, at('title'), t('title'), { required: true }),
    row(textField(form, at('item'), t('e_item_id'), { required: true, max: 64 }), numberField(form, at('stock'), t('stock'), { required: true }), priceField(form, at('price'), t('e_price'))),
    h('details', null, h('summary', null, t('e_more')),
      h('div', { class: 'more' },
        bilingualField(form, at('description'), t('e_description'), { long: true }),
        row(textField(form, at('image_url'), t('e_image'), { hint: t('e_image_hint') }), numberField(form, at('per_buyer'), t('e_item_limit'), { hint: t('e_item_limit_hint') }), standbyField(form, at('standby'))))));
}

// A number, or none at all: `false`.
function standbyField(form: Form, path: Path): HTMLElement {
  const value = read(form.draft, path);
  return numberField(value === false ? { ...form, draft: shadow(form.draft, path) } : form, path, t('e_standby'), { hint: t('e_standby_hint') });
}

// The same draft to write to, except that `false` is shown as 0: both mean that nobody waits.
function shadow(draft: Draft, path: Path): Draft {
  write(draft, path, 0);
  return draft;
}

// ---- how it is sold

function payment(form: Form): HTMLElement {
  const provider = read(form.draft, ['payment']) !== 'confirmation';
  return section('e_payment', null,
    row(numberField(form, ['hold_seconds'], t('e_hold'), { hint: t('e_hold_hint'), placeholder: '600' }), numberField(form, ['per_buyer'], t('e_limit'), { hint: t('e_limit_hint'), placeholder: '1' }),
      numberField(form, ['orders_per_buyer'], t('e_orders'), { hint: t('e_orders_hint'), placeholder: '20' }), standbyField(form, ['standby'])),
    choiceField(form, ['payment'], t('e_payment_kind'), [
      { value: 'provider', label: t('e_provider'), hint: t('e_provider_hint') }, { value: 'confirmation', label: t('e_confirmation'), hint: t('e_confirmation_hint') }]),
    provider && choiceField(form, ['late_money'], t('e_late'), [
      { value: 'regrant_or_refund', label: t('e_regrant_refund'), hint: t('e_regrant_refund_hint') },
      { value: 'regrant_or_standby', label: t('e_regrant_standby'), hint: t('e_regrant_standby_hint') },
      { value: 'refund', label: t('e_refund'), hint: t('e_refund_hint') }]),
    provider && checkField(form, '/decline_ends_hold', t('e_decline'), t('e_decline_hint'), read(form.draft, ['decline_ends_hold']) !== false,
      (on) => write(form.draft, ['decline_ends_hold'], on ? undefined : false)));
}

function line(form: Form): HTMLElement {
  const mode = String(read(form.draft, ['line', 'mode']) ?? 'off');
  const n = (key: string, label: TextKey, hint: TextKey, absent: number) => numberField(form, ['line', key], t(label), { hint: t(hint), placeholder: String(absent) });
  return section('e_line', 'e_line_lead',
    choiceField(form, ['line', 'mode'], t('e_line_mode'), [
      { value: 'off', label: t('e_line_off'), hint: t('e_line_off_hint') }, { value: 'draw', label: t('e_line_draw'), hint: t('e_line_draw_hint') },
      { value: 'fifo', label: t('e_line_fifo'), hint: t('e_line_fifo_hint') }]),
    mode !== 'off' && row(n('rate', 'e_rate', 'e_rate_hint', 50), n('active_max', 'e_active', 'e_active_hint', 1_000), n('pass_seconds', 'e_pass', 'e_pass_hint', 120)),
    mode !== 'off' && row(n('claim_seconds', 'e_claim', 'e_claim_hint', 30), n('capacity', 'e_capacity', 'e_capacity_hint', 1_000_000)));
}

// ---- who may ask

function admission(form: Form): HTMLElement {
  const at = (...keys: string[]): Path => ['admission', ...keys];
  // A guard that is an object is off while it is absent.
  const guard = (key: string, label: TextKey, hint: TextKey, first: Json, ...fields: Child[]) => {
    const on = read(form.draft, at(key)) !== undefined;
    return h('div', { class: 'guard', 'data-key': key },
      checkField(form, `/admission/${key}`, t(label), t(hint), on, (wanted) => write(form.draft, at(key), wanted ? first : undefined)),
      on && h('div', { class: 'inside' }, ...fields));
  };
  const flag = (key: string, label: TextKey, hint: TextKey) => checkField(form, `/admission/${key}`, t(label), t(hint), read(form.draft, at(key)) === true,
    (on) => write(form.draft, at(key), on ? true : undefined));
  const n = (keys: string[], label: TextKey, hint: TextKey, absent?: number) => numberField(form, at(...keys), t(label), { hint: t(hint), placeholder: absent === undefined ? '' : String(absent) });
  return section('e_admission', 'e_admission_lead',
    choiceField(form, at('registration'), t('e_registration'), [
      { value: 'off', label: t('e_reg_off'), hint: t('e_reg_off_hint') }, { value: 'optional', label: t('e_reg_optional'), hint: t('e_reg_optional_hint') },
      { value: 'required', label: t('e_reg_required'), hint: t('e_reg_required_hint') }]),
    wordsField(form, at('channels'), t('e_channels'), /[,\s，]+/, ', ', { hint: t('e_channels_hint'), placeholder: 'web, app' }),
    list(form.draft, at('channels')).length > 0 && row(textField(form, at('channel_links', 'download'), t('e_download'), { hint: t('e_links_hint') }), textField(form, at('channel_links', 'register'), t('e_register'))),
    guard('questions', 'e_questions', 'e_questions_hint', [{ question: '', answers: [] }], questions(form),
      row(n(['question_tries'], 'e_tries', 'e_tries_hint', 3), n(['question_retry_seconds'], 'e_retry', 'e_retry_hint', 60))),
    guard('proof_of_work', 'e_work', 'e_work_hint', { max_number: 100_000 }, row(n(['proof_of_work', 'max_number'], 'e_work_max', 'e_work_max_hint')),
      flag('script_score', 'e_score', 'e_score_hint')),
    guard('filter', 'e_filter', 'e_filter_hint', { ratio: 0.5, slot_ms: 1000 }, row(n(['filter', 'ratio'], 'e_ratio', 'e_ratio_hint'), n(['filter', 'slot_ms'], 'e_slot', 'e_slot_hint', 1_000))),
    flag('purchase_path', 'e_path', 'e_path_hint'),
    guard('bucket', 'e_bucket', 'e_bucket_hint', { rate: 20_000, capacity: 1_000_000 }, row(n(['bucket', 'rate'], 'e_bucket_rate', 'e_bucket_rate_hint'), n(['bucket', 'capacity'], 'e_bucket_size', 'e_bucket_size_hint'))));
}

function questions(form: Form): Child {
  const path: Path = ['admission', 'questions'];
  const all = list(form.draft, path);
  const change = (edit: (all: Json[]) => void) => {
    const copy = [...list(form.draft, path)];
    edit(copy);
    write(form.draft, path, copy);
    form.changed('/admission/questions#', true);
  };
  return [
    h('ol', { class: 'questions' }, all.map((_, index) => h('li', { 'data-key': `${form.generation}-${index}` },
      bilingualField(form, [...path, index, 'question'], t('e_question', { n: index + 1 }), { required: true }),
      wordsField(form, [...path, index, 'answers'], t('e_answers'), /[;\n；]+/, '; ', { hint: t('e_answers_hint'), required: true }),
      !form.read_only && h('button', { class: 'link', type: 'button', disabled: all.length === 1, onclick: () => change((list_) => { list_.splice(index, 1); }) }, t('e_remove_question', { n: index + 1 }))))),
    !form.read_only && h('p', { class: 'actions' }, h('button', { class: 'button quiet', type: 'button', onclick: () => change((list_) => { list_.push({ question: '', answers: [] }); }) }, t('e_add_question'))),
  ];
}

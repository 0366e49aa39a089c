// Fields of the sale form. Each is bound to one place of the draft; what the server finds wrong with that place
// stands below it and is read out with it.

import { h, type Child } from '../shared/dom';
import { fullTime, money } from '../shared/format';
import { explainFault } from './faults';
import { currencyDigits, fromMinor, localValue, pointerOf, read, readText, toMinor, write, writeText, type Draft, type Json, type Path } from './sale_draft';

export interface Form {
  readonly draft: Draft;
  readonly faults: ReadonlyMap<string, string>;  // by JSON pointer
  readonly generation: number;   // grows when the draft was changed by something else than its fields
  readonly read_only: boolean;
  shows(pointer: string): boolean;               // has the place been touched, so that complaints are in order?
  changed(pointer: string, done: boolean): void; // `done`: the field was left
}

export interface Options {
  hint?: Child;
  required?: boolean;
  numeric?: boolean;
  placeholder?: string;
  long?: boolean;
  also?: Path[];         // further places whose faults belong here
  max?: number;          // of characters
}

export function idOf(pointer: string): string {
  return `f${pointer.replace(/[^a-z0-9]/gi, '-')}`;
}

function faultOf(form: Form, pointers: string[]): string {
  for (const pointer of pointers) {
    const fault = form.shows(pointer) ? form.faults.get(pointer) : undefined;
    if (fault !== undefined) return explainFault(fault);
  }
  return '';
}

function frame(form: Form, pointer: string, label: Child, options: Options, control: (aria: Record<string, string | undefined>) => HTMLElement): HTMLElement {
  const id = idOf(pointer);
  const fault = faultOf(form, [pointer, ...(options.also ?? []).map(pointerOf)]);
  const described = [options.hint ? `${id}-hint` : '', fault !== '' ? `${id}-fault` : ''].filter((part) => part !== '').join(' ');
  return h('div', { class: fault === '' ? 'field' : 'field wrong', 'data-key': `${id}:${form.generation}` },
    h('label', { for: id }, label, options.required && h('span', { class: 'must', 'aria-hidden': 'true' }, ' *')),
    control({ id, 'aria-describedby': described === '' ? undefined : described, 'aria-invalid': fault === '' ? undefined : 'true', 'aria-required': options.required ? 'true' : undefined }),
    options.hint ? h('p', { class: 'hint', id: `${id}-hint` }, options.hint) : null,
    fault !== '' && h('p', { class: 'fault', id: `${id}-fault` }, fault));
}

function input(form: Form, pointer: string, aria: Record<string, string | undefined>, value: string, options: Options, store: (text: string) => void): HTMLElement {
  const handlers = {
    oninput: (event: Event) => { store((event.target as HTMLInputElement).value); form.changed(pointer, false); },
    onchange: () => form.changed(pointer, true),
  };
  const common = { ...aria, disabled: form.read_only, placeholder: options.placeholder, maxlength: options.max, ...handlers };
  if (options.long) return h('textarea', { ...common, rows: 3 }, value);
  return h('input', { ...common, value, autocomplete: 'off', inputmode: options.numeric ? 'decimal' : undefined });
}

export function textField(form: Form, path: Path, label: Child, options: Options = {}): HTMLElement {
  const pointer = pointerOf(path);
  const value = read(form.draft, path);
  return frame(form, pointer, label, options, (aria) => input(form, pointer, aria, typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value), options,
    (text) => write(form.draft, path, text === '' && !options.required ? undefined : text)));
}

// A number; what is none stays as text, so that the complaint about it is the server's.
export function numberField(form: Form, path: Path, label: Child, options: Options = {}): HTMLElement {
  const pointer = pointerOf(path);
  const value = read(form.draft, path);
  return frame(form, pointer, label, options, (aria) => input(form, pointer, aria, value === undefined ? '' : String(value), { ...options, numeric: true }, (text) => {
    const plain = text.trim();
    write(form.draft, path, plain === '' ? undefined : /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : plain);
  }));
}

export function priceField(form: Form, path: Path, label: Child): HTMLElement {
  const pointer = pointerOf(path);
  const currency = String(read(form.draft, ['currency']) ?? 'EUR');
  const digits = currencyDigits(currency);
  const value = read(form.draft, path);
  const options: Options = { required: true, numeric: true, hint: typeof value === 'number' ? money(value, currency) : undefined };
  return frame(form, pointer, label, options, (aria) => input(form, pointer, aria, fromMinor(value, digits), options, (text) => write(form.draft, path, toMinor(text, digits))));
}

// One text in two languages, side by side. The English one is shown where the other is missing.
export function bilingualField(form: Form, path: Path, label: string, options: Options = {}): HTMLElement {
  const text = readText(form.draft, path);
  const set = (part: 'en' | 'zh') => (value: string) => writeText(form.draft, path, { ...readText(form.draft, path), [part]: value });
  const here = pointerOf(path);
  return h('div', { class: 'two-languages' },
    frame(form, here, [label, ' · English'], { ...options, also: [[...path, 'en']] }, (aria) => input(form, here, aria, text.en, options, set('en'))),
    frame(form, `${here}/zh`, [label, ' · ', h('span', { lang: 'zh-Hans' }, '中文')], { ...options, required: false, hint: undefined }, (aria) => input(form, `${here}/zh`, aria, text.zh, options, set('zh'))));
}

export function timeField(form: Form, path: Path, label: Child, options: Options = {}): HTMLElement {
  const pointer = pointerOf(path);
  const value = read(form.draft, path);
  const known = typeof value === 'string' && !Number.isNaN(Date.parse(value));
  const hint: Child = [known ? `${new Date(value as string).toISOString().slice(0, 19).replace('T', ' ')} UTC` : '', options.hint ? [known ? ' · ' : '', options.hint] : ''];
  return frame(form, pointer, label, { ...options, hint: known || options.hint ? hint : undefined }, (aria) => h('input', {
    ...aria, type: 'datetime-local', step: 1, value: localValue(value), disabled: form.read_only, title: known ? fullTime(value as string) : undefined,
    oninput: (event) => {
      const text = (event.target as HTMLInputElement).value;
      write(form.draft, path, text === '' ? undefined : new Date(text).toISOString());
      form.changed(pointer, false);
    },
    onchange: () => form.changed(pointer, true),
  }));
}

export interface Choice {
  value: string;
  label: string;
  hint: string;
}

// A few kinds, each with what it means: radio buttons, of which the first is what the key means when it is absent.
export function choiceField(form: Form, path: Path, label: string, choices: Choice[]): HTMLElement {
  const pointer = pointerOf(path);
  const id = idOf(pointer);
  const value = String(read(form.draft, path) ?? choices[0]!.value);
  const fault = faultOf(form, [pointer]);
  return h('fieldset', { class: fault === '' ? 'choices' : 'choices wrong', 'data-key': `${id}:${form.generation}`, 'aria-describedby': fault === '' ? undefined : `${id}-fault` },
    h('legend', null, label),
    choices.map((choice, index) => h('label', { class: 'choice', 'data-key': choice.value },
      h('input', { id: index === 0 ? id : undefined, type: 'radio', name: id, value: choice.value, checked: choice.value === value, disabled: form.read_only,
        onchange: () => { write(form.draft, path, choice.value); form.changed(pointer, true); } }),
      h('span', null, h('b', null, choice.label), h('small', null, choice.hint)))),
    fault !== '' && h('p', { class: 'fault', id: `${id}-fault` }, fault));
}

// A box that is ticked while `on` of the draft holds; `set` puts it there or takes it away.
export function checkField(form: Form, pointer: string, label: string, hint: string, on: boolean, set: (on: boolean) => void): HTMLElement {
  const id = idOf(`${pointer}#`);
  return h('label', { class: 'choice', 'data-key': `${id}:${form.generation}` },
    h('input', { id, type: 'checkbox', checked: on, disabled: form.read_only, onchange: (event) => { set((event.target as HTMLInputElement).checked); form.changed(pointer, true); } }),
    h('span', null, h('b', null, label), h('small', null, hint)));
}

// A list of words, as text: "web, app". An empty one removes the key.
export function wordsField(form: Form, path: Path, label: Child, separator: RegExp, joint: string, options: Options = {}): HTMLElement {
  const pointer = pointerOf(path);
  const value = read(form.draft, path);
  const shown = Array.isArray(value) ? value.map(String).join(joint) : '';
  return frame(form, pointer, label, options, (aria) => input(form, pointer, aria, shown, options, (text) => {
    const words: Json[] = text.split(separator).map((word) => word.trim()).filter((word) => word !== '');
    write(form.draft, path, words.length > 0 ? words : undefined);
  }));
}

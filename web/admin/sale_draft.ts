// A sale file while it is being written: plain JSON that fields read and write by path, so that form, raw text
// and server always mean the same document. Keys that no field knows stay as they are.

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type Draft = { [key: string]: Json };
export type Path = readonly (string | number)[];

// RFC 6901, as the server names the places of faults.
export function pointerOf(path: Path): string {
  return path.map((step) => `/${String(step).replace(/~/g, '~0').replace(/\//g, '~1')}`).join('');
}

export function read(draft: Json | undefined, path: Path): Json | undefined {
  let at: Json | undefined = draft;
  for (const step of path) {
    if (at === null || typeof at !== 'object') return undefined;
    at = (at as Record<string | number, Json>)[step];
  }
  return at;
}

// `undefined` removes the key, and the objects on the way that are empty afterwards.
export function write(draft: Draft, path: Path, value: Json | undefined): void {
  const [step, ...rest] = path;
  if (step === undefined) return;
  const here = draft as Record<string | number, Json>;
  if (rest.length === 0) {
    if (value === undefined) delete here[step];
    else here[step] = value;
    return;
  }
  let next = here[step];
  if (next === undefined || next === null || typeof next !== 'object') {
    if (value === undefined) return;
    next = here[step] = typeof rest[0] === 'number' ? [] : {};
  }
  write(next as Draft, rest, value);
  if (!Array.isArray(next) && !Array.isArray(draft) && Object.keys(next).length === 0) delete here[step];
}

export function list(draft: Draft, path: Path): Json[] {
  const value = read(draft, path);
  return Array.isArray(value) ? value : [];
}

export interface Languages {
  en: string;
  zh: string;
}

export function readText(draft: Draft, path: Path): Languages {
  const value = read(draft, path);
  if (typeof value === 'string') return { en: value, zh: '' };
  const part = (name: string) => { const text = read(value, [name]); return typeof text === 'string' ? text : ''; };
  return { en: part('en'), zh: part('zh') };
}

export function writeText(draft: Draft, path: Path, text: Languages): void {
  if (text.zh !== '') write(draft, path, { en: text.en, zh: text.zh });
  else write(draft, path, text.en === '' ? undefined : text.en);
}

// The next full hour, a day ahead: a time that nobody publishes by accident.
export function newSale(now_ms: number): Draft {
  const hour = 3_600_000;
  const opens = Math.ceil(now_ms / hour) * hour + 24 * hour;
  return {
    sale: '', title: '', currency: 'EUR', opens_at: new Date(opens).toISOString(), closes_at: new Date(opens + 2 * hour).toISOString(),
    hold_seconds: 600, per_buyer: 1, items: [{ item: '', title: '', stock: 100, price: 1000 }],
  };
}

// "+5m" means from the moment of reading: the form shows which moment that is.
export function withAbsoluteTimes(draft: Draft, now_ms: number): Draft {
  const copy: Draft = { ...draft };
  for (const name of ['lobby_at', 'opens_at', 'closes_at']) {
    const value = copy[name];
    const match = typeof value === 'string' ? /^\+(\d{1,9})([smh])$/.exec(value) : null;
    if (match !== null) copy[name] = new Date(now_ms + Number(match[1]) * { s: 1e3, m: 6e4, h: 36e5 }[match[2] as 's' | 'm' | 'h']).toISOString();
  }
  return copy;
}

// "2026-11-22T08:30:00" in the reader's own zone, as datetime-local wants it; "" for what is no time.
export function localValue(time: Json | undefined): string {
  const date = new Date(typeof time === 'string' ? time : NaN);
  if (Number.isNaN(date.getTime())) return '';
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

// "1 199,00" stays as it was typed, for the server to complain about; "1199.00" becomes 119900.
export function toMinor(text: string, digits: number): Json | undefined {
  const plain = text.trim().replace(',', '.');
  if (plain === '') return undefined;
  return /^\d+(\.\d*)?$/.test(plain) && (plain.split('.')[1] ?? '').length <= digits ? Math.round(Number(plain) * 10 ** digits) : text;
}

export function fromMinor(value: Json | undefined, digits: number): string {
  if (typeof value !== 'number') return typeof value === 'string' ? value : '';
  return (value / 10 ** digits).toFixed(digits);
}

export function currencyDigits(currency: Json | undefined): number {
  try {
    return new Intl.NumberFormat('en', { style: 'currency', currency: String(currency) }).resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;  // a code that is not there yet
  }
}

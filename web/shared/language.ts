// The language of the page: what was chosen before, else what the browser prefers.

import type { Text } from './types';

export type Language = 'en' | 'zh';
const kKey = 'onrush.language';

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;  // storage is switched off: the page works without
  }
}

function initial(): Language {
  const chosen = stored(kKey);
  if (chosen === 'en' || chosen === 'zh') return chosen;
  for (const tag of navigator.languages ?? [navigator.language]) {
    if (tag.toLowerCase().startsWith('zh')) return 'zh';
    if (tag.toLowerCase().startsWith('en')) return 'en';
  }
  return 'en';
}

let current: Language = initial();

export function language(): Language {
  return current;
}

export function applyLanguage(chosen: Language = current): void {
  current = chosen;
  document.documentElement.lang = chosen === 'zh' ? 'zh-Hans' : 'en';
}

export function rememberLanguage(chosen: Language): void {
  try {
    localStorage.setItem(kKey, chosen);
  } catch {
    // storage is switched off: the choice lasts as long as the page
  }
  applyLanguage(chosen);
}

// Runs `make` as if the page were in that language; what it builds stays as it is.
export function withLanguage<T>(chosen: Language, make: () => T): T {
  const before = current;
  current = chosen;
  try {
    return make();
  } finally {
    current = before;
  }
}

export function locale(): string {
  return current === 'zh' ? 'zh-Hans-CN' : navigator.languages?.find((tag) => tag.startsWith('en')) ?? 'en';
}

// A merchant's text in the page's language, or in the other one if that is all there is.
export function pick(text: Text | undefined): string {
  if (text === undefined) return '';
  if (typeof text === 'string') return text;
  return (current === 'zh' ? text.zh || text.en : text.en || text.zh) ?? '';
}

// Makes the lookup function of one table of texts: `{name}` is replaced by the value of that name.
export function texts<K extends string>(tables: Record<Language, Record<K, string>>) {
  return (key: K, values: Record<string, string | number> = {}): string =>
    tables[current][key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
}

// Money, counts and times in the reader's language.

import { locale } from './language';

const cache = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function formatter<T extends Intl.NumberFormat | Intl.DateTimeFormat>(key: string, make: () => T): T {
  const full = locale() + key;
  let found = cache.get(full);
  if (found === undefined) cache.set(full, found = make());
  return found as T;
}

// `minor`: in the currency's smallest unit (cents, or whole yen).
export function money(minor: number, currency: string): string {
  try {
    const whole = formatter(`m${currency}`, () => new Intl.NumberFormat(locale(), {
      style: 'currency', currency, currencyDisplay: 'narrowSymbol' }));
    return whole.format(minor / 10 ** (whole.resolvedOptions().maximumFractionDigits ?? 2));
  } catch {
    return `${currency} ${minor}`;  // a code that this browser does not know
  }
}

export function count(n: number): string {
  return formatter('n', () => new Intl.NumberFormat(locale())).format(n);
}

export function percent(part: number): string {
  return formatter('p', () => new Intl.NumberFormat(locale(), { style: 'percent', maximumFractionDigits: 1 })).format(part);
}

export function rate(n: number): string {
  return formatter('r', () => new Intl.NumberFormat(locale(), { maximumFractionDigits: n < 10 ? 1 : 0 })).format(n);
}

export function dateTime(time: string | number): string {
  return formatter('dt', () => new Intl.DateTimeFormat(locale(), {
    month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' })).format(new Date(time));
}

export function fullTime(time: string | number): string {
  return formatter('ft', () => new Intl.DateTimeFormat(locale(), {
    dateStyle: 'medium', timeStyle: 'medium' })).format(new Date(time));
}

export function clockTime(time: string | number): string {
  return formatter('ct', () => new Intl.DateTimeFormat(locale(), {
    hour: '2-digit', minute: '2-digit', second: '2-digit' })).format(new Date(time));
}

export interface Span {
  days: number;
  hours: number;
  minutes: number;
  seconds: number;
}

// Rounded up, so that "0" is shown only when the moment has come.
export function span(ms: number): Span {
  const total = Math.max(0, Math.ceil(ms / 1000));
  return {
    days: Math.floor(total / 86400),
    hours: Math.floor(total / 3600) % 24,
    minutes: Math.floor(total / 60) % 60,
    seconds: total % 60,
  };
}

const two = (n: number) => String(n).padStart(2, '0');

export function stopwatch(ms: number): string {
  const s = span(ms);
  const hours = s.days * 24 + s.hours;
  return hours > 0 ? `${hours}:${two(s.minutes)}:${two(s.seconds)}` : `${two(s.minutes)}:${two(s.seconds)}`;
}

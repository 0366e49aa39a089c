// The sale file as text. What the parser or the server finds wrong is marked where it stands.

import { h } from '../shared/dom';
import { findPlace, placeAt, type Place } from './json_place';
import type { Draft } from './sale_draft';
import { t } from './texts';

export type Parsed = { ok: true; draft: Draft } | { ok: false; said: string; place: Place | null };

export class JsonTab {
  readonly area = h('textarea', { id: 'file', name: 'file', rows: 24, spellcheck: 'false', autocapitalize: 'off', autocomplete: 'off', wrap: 'off', 'aria-describedby': 'file-hint file-said' });

  constructor(changed: () => void) {
    this.area.oninput = changed;
  }

  show(draft: Draft): void {
    this.area.value = JSON.stringify(draft, null, 2);
  }

  parse(): Parsed {
    const text = this.area.value;
    try {
      const value = JSON.parse(text) as unknown;
      if (value === null || typeof value !== 'object' || Array.isArray(value)) return { ok: false, said: t('no_sale_key'), place: null };
      if (typeof (value as Draft)['sale'] !== 'string' || (value as Draft)['sale'] === '') return { ok: false, said: t('no_sale_key'), place: findPlace(text, 'sale') };
      return { ok: true, draft: value as Draft };
    } catch (error) {
      const place = placeOfError(text, String((error as Error).message));
      return { ok: false, said: t('bad_json', { line: place.line, column: place.column, detail: (error as Error).message }), place };
    }
  }

  // Where a fault's place ("items[1].stock") stands, in words and as a place.
  locate(place: string, message: string): { said: string; place: Place | null } {
    const found = findPlace(this.area.value, place);
    return { said: found === null ? `${place}: ${message}` : t('bad_place', { place, line: found.line, detail: message }), place: found };
  }

  mark(place: Place | null): void {
    this.area.focus();
    if (place === null) return;
    const rest = /^("(?:\\.|[^"\\])*"|[^\s,\]}]+)/.exec(this.area.value.slice(place.offset));
    this.area.setSelectionRange(place.offset, place.offset + (rest?.[0].length ?? 1));
    const line_height = parseFloat(getComputedStyle(this.area).lineHeight) || 20;
    this.area.scrollTop = Math.max(0, (place.line - 6) * line_height);
  }
}

// Browsers word this differently; where they give a position, it is used.
function placeOfError(text: string, message: string): Place {
  const position = /position (\d+)/.exec(message);
  if (position !== null) return placeAt(text, Number(position[1]));
  const line_column = /line (\d+) column (\d+)/.exec(message);
  if (line_column === null) return placeAt(text, text.length);
  const lines = text.split('\n').slice(0, Number(line_column[1]) - 1);
  return placeAt(text, lines.join('\n').length + (lines.length > 0 ? 1 : 0) + Number(line_column[2]) - 1);
}

// The page where anybody can check the draw of a sale in his own browser.

import { Backoff } from '../shared/backoff';
import { h, patch, type Child } from '../shared/dom';
import { count } from '../shared/format';
import { pick } from '../shared/language';
import type { DrawDocument, Place, Sale } from '../shared/types';
import type { Context, OpenPage, Page } from './context';
import { everyEntryFits, ownEntryListed, placeFits, revealed, sameAsSeen, secretFits, seedFollows, type Revealed, type Verdict } from './draw_check';
import { seenCommitment } from './draw_memory';
import { empty, notice, skeleton } from './parts';
import { t } from './texts';
import { w } from './texts_draw';

interface Row {
  key: string;
  verdict: Verdict | 'running';
  text: string;
  more?: string;
}

const kAgainMs = 5_000;

class DrawPage implements Page {
  private sale: Sale | null = null;
  private draw: DrawDocument | null = null;
  private shown: Revealed | null = null;
  private place: Place | null = null;
  private listed: Verdict | 'running' = 'running';
  private everything: Verdict | 'running' | 'offer' = 'offer';
  private done = 0;
  private cancelled = false;
  private missing = false;
  private failed = false;
  private stopped = false;
  private timer: number | undefined;
  private readonly backoff = new Backoff(1_000, 15_000);

  constructor(private readonly root: HTMLElement, private readonly context: Context, private readonly id: string) {
    this.render();
    void this.load();
  }

  stop(): void {
    this.stopped = this.cancelled = true;
    clearTimeout(this.timer);
  }

  account(): void {
    this.place = null;
    this.listed = 'running';
    if (this.shown !== null) void this.loadPlace(this.shown);
    this.render();
  }

  private async load(): Promise<void> {
    const base = `/api/v1/sales/${encodeURIComponent(this.id)}`;
    const [sale, draw] = await Promise.all([
      this.context.rush.call<Sale>(base, { anonymous: true }),
      this.context.rush.call<DrawDocument>(`${base}/draw`, { anonymous: true }),
    ]);
    if (this.stopped) return;
    if (sale.ok) this.sale = sale.value;
    this.missing = !draw.ok && draw.problem.status === 404;
    this.failed = !draw.ok && !this.missing;
    if (draw.ok) {
      this.draw = draw.value;
      this.shown = revealed(draw.value);
      if (this.shown !== null) void this.loadPlace(this.shown);
    }
    if (this.failed) this.timer = window.setTimeout(() => void this.load(), this.backoff.next(draw.ok ? 0 : draw.problem.retry_after_ms));
    else if (draw.ok && !draw.value.revealed) this.timer = window.setTimeout(() => void this.load(), kAgainMs * (0.8 + 0.4 * Math.random()));
    this.render();
  }

  private async loadPlace(draw: Revealed): Promise<void> {
    const account = this.context.session.account();
    if (account === null) return;
    const answer = await this.context.rush.call<Place>(`/api/v1/sales/${encodeURIComponent(this.id)}/place`);
    if (this.stopped || this.context.session.account()?.id !== account.id) return;
    this.place = answer.ok ? answer.value : null;
    this.listed = 'running';
    if (this.place !== null && this.place.entry <= draw.entries) {
      this.render();
      this.listed = await ownEntryListed(this.context.rush, draw, this.place.entry, account.id);
    } else {
      this.listed = 'unknown';
    }
    if (!this.stopped) this.render();
  }

  private async checkEverything(draw: Revealed): Promise<void> {
    this.everything = 'running';
    this.cancelled = false;
    this.done = 0;
    this.render();
    const verdict = await everyEntryFits(this.context.rush, draw, (done) => {
      this.done = done;
      this.render();
      return !this.cancelled;
    });
    if (this.stopped) return;
    this.everything = this.cancelled ? 'offer' : verdict;
    if (verdict !== 'unknown') this.context.announce(verdict === 'good' ? w('all_good') : w('all_bad'));
    this.render();
  }

  private rows(draw: DrawDocument, r: Revealed): Row[] {
    const seen = sameAsSeen(draw, seenCommitment(this.id));
    const rows: Row[] = [
      { key: 'secret', verdict: secretFits(draw, r), text: w('secret'), more: w('secret_more') },
      { key: 'seen', verdict: seen, text: seen === 'unknown' ? w('seen_unknown') : w('seen'), ...(seen === 'bad' ? { more: w('seen_bad') } : {}) },
      { key: 'seed', verdict: seedFollows(r), text: w('seed', { n: count(r.entries) }), more: w('seed_more') },
    ];
    const place = this.place;
    if (place !== null && place.entry <= r.entries) {
      rows.push({ key: 'listed', verdict: this.listed, text: w('listed', { entry: count(place.entry) }), more: w('listed_more') });
    }
    if (place !== null && place.number !== null) {
      rows.push({ key: 'place', verdict: placeFits(r, place), text: place.entry <= r.entries
        ? w('place', { entry: count(place.entry), n: count(place.number) }) : w('place_late', { n: count(place.number) }) });
    }
    if (this.everything === 'good' || this.everything === 'bad') rows.push({ key: 'all', verdict: this.everything, text: this.everything === 'good' ? w('all_good') : w('all_bad') });
    return rows;
  }

  render(): void {
    if (this.stopped) return;
    const title = pick(this.sale?.title);
    this.context.title(title === '' ? w('title') : `${w('title')} · ${title}`);
    if (this.missing) {
      patch(this.root, empty(w('none'), w('none_lead'), h('a', { class: 'button', href: `/s/${this.id}` }, t('back_to_sale'))));
      return;
    }
    patch(this.root,
      h('header', { class: 'intro' },
        h('p', { class: 'eyebrow' }, h('a', { href: `/s/${this.id}` }, '← ', title || t('back_to_sale'))),
        h('h1', null, w('title')), h('p', { class: 'lead' }, w('lead'))),
      this.failed && notice('warn', t('offline')),
      this.draw === null ? skeleton() : this.shown === null ? this.sealed(this.draw) : this.results(this.draw, this.shown));
  }

  private sealed(draw: DrawDocument): Child {
    return h('section', { 'data-key': 'sealed', class: 'verify' },
      draw.revealed ? notice('bad', w('broken')) : notice('info', w('sealed')),
      h('dl', { class: 'proof' }, fact(w('commitment'), draw.commitment), fact(w('algorithm'), draw.algorithm)),
      h('p', { class: 'small' }, seenCommitment(this.id) === null ? w('not_remembered') : w('remembered')));
  }

  private results(draw: DrawDocument, r: Revealed): Child {
    const rows = this.rows(draw, r);
    const bad = rows.some((row) => row.verdict === 'bad');
    return h('section', { 'data-key': 'results', class: 'verify' },
      h('p', { class: bad ? 'verdict bad' : 'verdict good' }, h('i', { class: bad ? 'cross' : 'tick', 'aria-hidden': 'true' }), h('span', null, bad ? w('verdict_bad') : w('verdict_good'))),
      h('ul', { class: 'checks' }, rows.map((row) => h('li', { 'data-key': row.key, class: `is-${row.verdict}` },
        h('i', { class: row.verdict === 'good' ? 'tick' : row.verdict === 'bad' ? 'cross' : 'dot', 'aria-hidden': 'true' }),
        h('div', null, h('b', null, row.text), h('span', { class: 'sr' }, ` (${w(`v_${row.verdict}`)})`), row.more !== undefined && h('small', null, row.more))))),
      this.mineMissing(),
      this.everythingPart(r),
      h('details', { 'data-key': 'numbers', class: 'honest' }, h('summary', null, w('numbers')),
        h('dl', { class: 'proof' }, fact(w('algorithm'), draw.algorithm), fact(w('commitment'), draw.commitment), fact(w('secret_name'), draw.secret ?? ''), fact(w('entries'), String(r.entries)),
          fact(w('digest'), draw.lobby_digest ?? ''), r.beacon !== '' && fact(w('beacon'), r.beacon), fact(w('seed_name'), draw.seed ?? '')),
        h('p', { class: 'small' }, w('program'), ' ', h('code', null, 'onrush draw verify'))));
  }

  private mineMissing(): Child {
    if (this.context.session.account() === null) {
      return h('p', { 'data-key': 'guest' }, h('a', { href: `/sign-in?next=/s/${this.id}/draw` }, w('sign_in')));
    }
    return this.place === null && this.listed === 'unknown' && h('p', { 'data-key': 'absent', class: 'small' }, w('no_place'));
  }

  private everythingPart(r: Revealed): Child {
    if (this.everything === 'good' || this.everything === 'bad') return null;
    if (this.everything !== 'running') {
      return h('div', { 'data-key': 'offer', class: 'verify-all' }, h('p', null, this.everything === 'unknown' ? w('all_unknown') : w('all_offer', { n: count(r.entries) })),
        h('p', { class: 'actions' }, h('button', { class: 'button second', type: 'button', onclick: () => void this.checkEverything(r) }, w('all_start'))));
    }
    const percent = Math.floor((100 * this.done) / Math.max(1, r.entries));
    return h('div', { 'data-key': 'running', class: 'verify-all' },
      h('p', { id: 'all-label' }, w('all_running', { done: count(this.done), n: count(r.entries) })),
      h('div', { class: 'walk', role: 'progressbar', 'aria-labelledby': 'all-label', 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': percent, css: { '--walked': `${percent}%` } }, h('i')),
      h('p', { class: 'actions' }, h('button', { class: 'link', type: 'button', onclick: () => { this.cancelled = true; } }, t('cancel'))));
  }
}

function fact(name: string, value: string): HTMLElement {
  return h('div', null, h('dt', null, name), h('dd', null, h('code', null, value)));
}

export const open: OpenPage = (root, context, id) => new DrawPage(root, context, id);

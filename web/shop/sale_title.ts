// The title of a sale's page: what matters to this shopper now, for whoever looks at another tab.

import { count, stopwatch } from '../shared/format';
import { pick } from '../shared/language';
import type { SalePage } from './sale';
import { t } from './texts';
import { d } from './texts_door';

export function saleTitle(page: SalePage): string {
  const title = pick(page.sale?.title);
  const waiting = page.standby[0];
  const turn = page.turn !== null && page.orders.get(page.turn)?.state === 'awaiting_payment';
  const phase = page.phase();
  if (turn) return t('title_turn', { title });
  if (waiting !== undefined) return t('title_standby', { n: waiting.position, title });
  const { door } = page;
  const to_opening = stopwatch(page.opensMs() - page.now());
  switch (door.stage()) {
    case 'lobby': return d('title_lobby', { time: to_opening, title });
    case 'drawing': return d('title_drawing', { title });
    case 'waiting': return d('title_waiting', { n: count(door.place?.number ?? 0), ahead: count(door.ahead()), title });
    case 'called': return d(door.held_back ? 'title_waiting' : 'title_called', { n: count(door.place?.number ?? 0), ahead: count(0), title });
    case 'claimed': return d('title_pass', { time: stopwatch(door.passLeftMs()), title });
    default:
  }
  if (phase === 'open') return t('title_open', { title });
  const soon = page.opensMs() - page.now() < 3_600_000;
  return (phase === 'announced' || phase === 'lobby') && soon ? t('title_opens', { time: to_opening, title }) : title;
}

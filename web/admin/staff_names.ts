// Who an actor of the log is. The log names accounts by number: addresses do not belong into a journal that is kept
// for ever. A reader learns the names that he may know: of everybody as an owner, else his own.

import type { Account } from '../shared/types';
import { may, type Context } from './context';

export type StaffNames = ReadonlyMap<string, string>;

const actorOf = (account: Account) => `staff-${account.id}`;

export async function staffNames(context: Context): Promise<StaffNames> {
  const own = context.session.account();
  const names = new Map(own === null ? [] : [[actorOf(own), own.email]]);
  if (!may(context, 'owner')) return names;
  const answer = await context.api.call<{ staff: Account[] }>('/api/v1/admin/staff');
  if (answer.ok) for (const member of answer.value.staff) names.set(actorOf(member), member.email);
  return names;
}

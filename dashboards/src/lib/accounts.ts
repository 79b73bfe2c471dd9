import { call, type Outcome, type Schemas } from './api';
import type { Role } from './session.svelte';

/** Roles in the order in which a list offers them. */
export const ROLES: readonly Role[] = ['operator', 'supervisor', 'administrator', 'auditor', 'wall'];

/** Somebody who may sign in. */
export type Account = Schemas['AccountTold'];

/** What a new account says of itself. */
export type NewAccount = Pick<Account, 'login' | 'display_name' | 'role'>;

/** What of an account may be changed. */
export type Change = Partial<Pick<Account, 'display_name' | 'role' | 'standing'>> & { provider?: 'removed' };

/** A sign-in that is locked after failed attempts. */
export type Lockout = Schemas['LockoutTold'];

/** A password for one use; it is shown once and kept nowhere. */
export interface OneTimePassword {
  one_time_password: string;
}

const ACCOUNTS = '/api/v1/accounts';
const LOCKOUTS = '/api/v1/lockouts';

/** Asks who may sign in. */
export function accounts(): Promise<Outcome<Account[]>> {
  return call<Account[]>('GET', ACCOUNTS);
}

/** Makes an account, and tells its first password. */
export function add(account: NewAccount): Promise<Outcome<OneTimePassword & { account: Account }>> {
  return call('POST', ACCOUNTS, account);
}

/** Changes an account; who is disabled is signed out at once. */
export function change(id: string, to: Change): Promise<Outcome<unknown>> {
  return call('PATCH', `${ACCOUNTS}/${encodeURIComponent(id)}`, to);
}

/** Deletes an account for good. */
export function remove(id: string): Promise<Outcome<void>> {
  return call('DELETE', `${ACCOUNTS}/${encodeURIComponent(id)}`);
}

/** Gives an account a new password for one use; the old one ends. */
export function renewPassword(id: string): Promise<Outcome<OneTimePassword>> {
  return call('POST', `${ACCOUNTS}/${encodeURIComponent(id)}/password`);
}

/** Asks which sign-ins are locked. */
export function lockouts(): Promise<Outcome<Lockout[]>> {
  return call<Lockout[]>('GET', LOCKOUTS);
}

/** Lets somebody try again before her time. */
export function unlock(id: string): Promise<Outcome<void>> {
  return call('DELETE', `${LOCKOUTS}/${encodeURIComponent(id)}`);
}

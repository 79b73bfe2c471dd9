import { call, type Outcome, type Schemas } from './api';
import type { Role } from './session.svelte';

/** Roles in the order in which a list offers them. */
export const ROLES: readonly Role[] = ['operator', 'supervisor', 'administrator', 'auditor', 'wall'];

/** Somebody who may sign in. */
export type Account = Schemas['AccountTold'];

/** What a new account says of itself. */
export type NewAccount = Pick<Account, 'login' | 'display_name' | 'role'>;

/** What of an account may be changed. */
export type Change = Partial<Pick<Account, 'display_name' | 'role' | 'standing'>>;

/** A sign-in that is locked after failed attempts. */
export type Lockout = Schemas['LockoutTold'];

/** A password for one use; it is shown once and kept nowhere. */
export interface OneTimePassword {
  one_time_password: string;
}

const ACCOUNTS = '/api/v1/accounts';
const LOCKOUTS = '/api/v1/lockouts';

export function accounts(): Promise<Outcome<Account[]>> {
  return call<Account[]>('GET', ACCOUNTS);
}

export function add(account: NewAccount): Promise<Outcome<OneTimePassword & { account: Account }>> {
  return call('POST', ACCOUNTS, account);
}

export function change(id: string, to: Change): Promise<Outcome<unknown>> {
  return call('PATCH', `${ACCOUNTS}/${encodeURIComponent(id)}`, to);
}

export function remove(id: string): Promise<Outcome<void>> {
  return call('DELETE', `${ACCOUNTS}/${encodeURIComponent(id)}`);
}

export function renewPassword(id: string): Promise<Outcome<OneTimePassword>> {
  return call('POST', `${ACCOUNTS}/${encodeURIComponent(id)}/password`);
}

export function lockouts(): Promise<Outcome<Lockout[]>> {
  return call<Lockout[]>('GET', LOCKOUTS);
}

export function unlock(id: string): Promise<Outcome<void>> {
  return call('DELETE', `${LOCKOUTS}/${encodeURIComponent(id)}`);
}

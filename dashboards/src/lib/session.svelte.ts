import { call, type Outcome, type Schemas } from './api';

export type Role = 'operator' | 'supervisor' | 'administrator' | 'auditor' | 'wall';

/** Who is signed in, and what that person still has to set up. */
export interface SignedIn {
  login: string;
  display_name: string;
  role: Role;
  due: 'nothing' | 'password' | 'totp';
  /** The time zone of the site, where it has a name. */
  time_zone?: string | null;
}

/** What an authenticator needs. Shown once, kept nowhere. */
export interface OneTimeSecret {
  secret_base32: string;
  uri: string;
}

const SESSION = '/api/v1/session';
/** Says in this tab that its person went to the provider. */
const AWAY = 'linka-away';

/** Who uses this page. */
class Session {
  /** Whether the server was asked yet. */
  isKnown = $state(false);
  who = $state.raw<SignedIn | undefined>();
  /** Whether who was here last went by her own will, so that the next one begins anew. */
  hasLeft = false;

  /** Whether somebody is signed in who has nothing left to set up. */
  get isOpen(): boolean {
    return this.who?.due === 'nothing';
  }

  async look(): Promise<Outcome<SignedIn>> {
    const outcome = await call<SignedIn>('GET', SESSION);
    if (outcome.done) this.who = outcome.value;
    this.isKnown = true;
    return outcome;
  }

  async signIn(login: string, password: string, code: string | undefined): Promise<Outcome<SignedIn>> {
    const outcome = await call<SignedIn>('POST', SESSION, { login, password, code });
    if (outcome.done) this.who = outcome.value;
    return outcome;
  }

  /** Through which provider one may sign in, besides a password. */
  provider(): Promise<Outcome<Schemas['ProviderTold']>> {
    return call('GET', `${SESSION}/provider`);
  }

  /** Begins a sign-in through the provider; the page goes on at the address. */
  async beginAtProvider(): Promise<Outcome<Schemas['Way']>> {
    const outcome = await call<Schemas['Way']>('POST', `${SESSION}/provider`);
    if (outcome.done) sessionStorage.setItem(AWAY, 'yes');
    return outcome;
  }

  /** Whether this page is the first one after the way to the provider and back. */
  takeReturn(): boolean {
    const wasAway = sessionStorage.getItem(AWAY) !== null;
    sessionStorage.removeItem(AWAY);
    return wasAway;
  }

  async signOut(): Promise<Outcome<void>> {
    const outcome = await call('DELETE', SESSION);
    this.hasLeft = outcome.done;
    if (outcome.done) this.left();
    return outcome;
  }

  async choosePassword(old: string, chosen: string): Promise<Outcome<void>> {
    const outcome = await call('POST', `${SESSION}/password`, { old, new: chosen });
    if (outcome.done) await this.look();
    return outcome;
  }

  beginOneTime(): Promise<Outcome<OneTimeSecret>> {
    return call<OneTimeSecret>('POST', `${SESSION}/totp`);
  }

  async confirmOneTime(code: string): Promise<Outcome<void>> {
    const outcome = await call('PUT', `${SESSION}/totp`, { code });
    if (outcome.done) await this.look();
    return outcome;
  }

  /** Takes in that nobody is signed in any more. */
  left(): void {
    this.who = undefined;
  }
}

export const session = new Session();

const PAGES: Record<string, readonly Role[]> = {
  '/': ['operator', 'supervisor', 'administrator'],
  '/me': ['operator', 'supervisor', 'administrator'],
  '/wall': ['operator', 'supervisor', 'administrator', 'wall'],
  '/contacts': ['supervisor', 'administrator'],
  '/reports': ['supervisor', 'administrator', 'auditor'],
  '/accounts': ['administrator', 'supervisor'],
  '/keys': ['administrator'],
  '/sessions': ['operator', 'supervisor', 'administrator', 'auditor'],
  '/audit': ['auditor', 'administrator'],
};

/** Whether a page is for a role. */
export function mayOpen(role: Role, path: string): boolean {
  const page = path.startsWith('/contacts/') ? '/contacts' : path;
  return PAGES[page]?.includes(role) ?? false;
}

/** Where somebody of a role begins. */
export function landing(role: Role): string {
  switch (role) {
    case 'operator':
      return '/me';
    case 'wall':
      return '/wall';
    case 'auditor':
      return '/reports';
    case 'supervisor':
    case 'administrator':
      return '/';
  }
}

/** Whether the live feed is for a role. */
export function hears(role: Role): boolean {
  return role !== 'auditor';
}

import { fireEvent, render, screen, within } from '@testing-library/svelte';
import { createRawSnippet } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { Schemas } from '../src/lib/api';
import { clock } from '../src/lib/clock.svelte';
import { mayOpen, session as here } from '../src/lib/session.svelte';
import Keys from '../src/pages/Keys.svelte';
import Sessions from '../src/pages/Sessions.svelte';
import Shell from '../src/parts/Shell.svelte';

const DAY = 86_400_000;
const ADAM = { login: 'admin', display_name: 'Adam', role: 'administrator', due: 'nothing' } as const;
const TOKEN = 'linka_key_shown_once';

let keys: Schemas['KeyTold'][];
let sessions: Schemas['SessionTold'][];
let asked: string[];
let bodies: unknown[];

function key(name: string, more: Partial<Schemas['KeyTold']> = {}): Schemas['KeyTold'] {
  return {
    id: name,
    name,
    scopes: ['read-board'],
    created_ms: Date.now() - DAY,
    expires_ms: Date.now() + DAY,
    made_by: '1',
    revoked: false,
    ...more,
  };
}

function session(id: string, more: Partial<Schemas['SessionTold']> = {}): Schemas['SessionTold'] {
  return {
    id,
    created_ms: Date.now() - DAY,
    last_seen_ms: Date.now(),
    expires_ms: Date.now() + DAY,
    device: 'known',
    current: false,
    ...more,
  };
}

async function serve(input: Request | string, init?: RequestInit): Promise<Response> {
  const request = typeof input === 'string' ? new Request(new URL(input, 'http://localhost'), init) : input;
  const { pathname } = new URL(request.url);
  asked.push(`${request.method} ${pathname}`);
  if (request.method === 'DELETE') return new Response(null, { status: 204 });
  if (pathname === '/api/v1/session') return Response.json(ADAM);
  if (pathname === '/api/v1/session/password') {
    bodies.push(await request.json());
    return new Response(null, { status: 204 });
  }
  if (request.method === 'POST') {
    bodies.push(await request.json());
    return Response.json({ key: key('kiosk'), token: TOKEN }, { status: 201 });
  }
  return Response.json(pathname.endsWith('/api-keys') ? keys : sessions);
}

beforeEach(() => {
  keys = [key('kiosk'), key('past', { expires_ms: Date.now() - 1 }), key('gone', { revoked: true })];
  sessions = [session('1', { device: 'new' }), session('2', { current: true })];
  asked = [];
  bodies = [];
  vi.stubGlobal('fetch', serve);
  clock.tick();
});

afterEach(() => {
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

test('a key that was just made is shown once, with a word that it will not be again', async () => {
  render(Keys);
  await fireEvent.click(await screen.findByRole('button', { name: 'Vydat klíč' }));
  const dialog = within(screen.getByRole('dialog'));
  await fireEvent.input(dialog.getByLabelText('Jméno klíče'), { target: { value: ' kiosk ' } });
  const before = dialog.getByRole<HTMLButtonElement>('button', { name: 'Vydat klíč' }).disabled;
  await fireEvent.click(dialog.getByLabelText('přehled: čísla bez jmen'));

  await fireEvent.click(dialog.getByRole('button', { name: 'Vydat klíč' }));

  const shown = await screen.findByText(TOKEN);
  expect(before).toBe(true);
  expect(bodies).toEqual([{ name: 'kiosk', scopes: ['read-board'], days: 90 }]);
  expect(shown.closest('dialog')?.textContent).toContain('Znovu se už neukáže');
  await fireEvent.click(screen.getByRole('button', { name: 'Zavřít' }));
  await vi.waitFor(() => expect(screen.queryByText(TOKEN)).toBeNull());
});

test('only a key that is good can be taken away, and only after a question', async () => {
  render(Keys);
  await screen.findByText('past');

  const offered = screen.getAllByRole('button', { name: /^Odebrat/ }).map((button) => button.textContent);
  await fireEvent.click(screen.getByRole('button', { name: /^Odebrat ?: kiosk$/ }));
  const before = asked.filter((one) => one.startsWith('DELETE'));
  await fireEvent.click(screen.getByRole('button', { name: 'Odebrat klíč' }));

  expect(offered).toEqual(['Odebrat: kiosk']);
  expect(before).toEqual([]);
  await vi.waitFor(() => expect(asked).toContain('DELETE /api/v1/api-keys/kiosk'));
});

test('somebody sees which sign-in is this one, and ends another', async () => {
  render(Sessions);
  const current = (await screen.findByText('toto přihlášení')).closest('tr');

  await fireEvent.click(screen.getByRole('button', { name: /^Ukončit ?: / }));
  await fireEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Ukončit' }));

  expect(current?.textContent).toContain('známé zařízení');
  expect(within(current as HTMLElement).queryByRole('button')).toBeNull();
  await vi.waitFor(() => expect(asked).toContain('DELETE /api/v1/sessions/1'));
});

test('all other sign-ins end at once', async () => {
  render(Sessions);

  await fireEvent.click(await screen.findByRole('button', { name: 'Ukončit všechna ostatní' }));
  await fireEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Ukončit všechna ostatní' }));

  await vi.waitFor(() => expect(asked).toContain('DELETE /api/v1/sessions'));
});

test('who is signed in once has nothing to end', async () => {
  sessions = [session('2', { current: true })];
  render(Sessions);

  await screen.findByText('toto přihlášení');

  expect(screen.queryAllByRole('button')).toEqual([]);
});

test('somebody changes her password where she sees her sign-ins', async () => {
  here.who = ADAM;
  render(Sessions);
  const fill = (label: string, value: string) => fireEvent.input(screen.getByLabelText(label), { target: { value } });

  await fireEvent.click(await screen.findByText('Změnit heslo'));
  await fill('Dosavadní heslo', 'correct horse battery');
  await fill('Nové heslo', 'staple battery horse');
  await fill('Nové heslo ještě jednou', 'staple battery horse');
  await fireEvent.click(screen.getByRole('button', { name: 'Uložit heslo' }));

  await vi.waitFor(() => expect(bodies).toEqual([{ old: 'correct horse battery', new: 'staple battery horse' }]));
  await vi.waitFor(() => expect(screen.getByLabelText<HTMLInputElement>('Nové heslo').value).toBe(''));
  here.left();
});

test('everybody finds her sign-ins behind her name, and an administrator the keys', () => {
  const children = createRawSnippet(() => ({ render: () => '<p>x</p>' }));

  render(Shell, { who: ADAM, children });

  expect(screen.getByRole('link', { name: /Adam/ }).getAttribute('href')).toBe('/sessions');
  expect(screen.getByRole('link', { name: 'Klíče' }).getAttribute('href')).toBe('/keys');
  const may = (path: string) =>
    (['operator', 'supervisor', 'administrator', 'auditor', 'wall'] as const).filter((role) => mayOpen(role, path));
  expect(may('/keys')).toEqual(['administrator']);
  expect(may('/sessions')).toEqual(['operator', 'supervisor', 'administrator', 'auditor']);
});

// People for a demonstration: made through the API, as an administrator would on the first evening.

import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

const STEP_SECONDS = 30;
const FIRST_FILE_MS = 30_000;
const CHOSEN = 'demo demo demo';

function fromBase32(text) {
  let bits = '';
  for (const letter of text) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0');
  return Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
}

/** One-time codes of RFC 6238. Each holds for one use, so that codes of steps to come are taken where one was used. */
export class Telephone {
  #secret;
  #used = 0;

  constructor(secretBase32) {
    this.#secret = fromBase32(secretBase32);
  }

  code() {
    const step = Math.max(Math.floor(Date.now() / 1_000 / STEP_SECONDS) - 1, this.#used + 1);
    this.#used = step;
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step));
    const hash = createHmac('sha1', this.#secret).update(counter).digest();
    const word = hash.readUInt32BE(hash[19] & 15) & 0x7fffffff;
    return String(word % 1_000_000).padStart(6, '0');
  }
}

/** A client of the API with its cookies. */
class Client {
  #base;
  #cookies = new Map();

  constructor(base) {
    this.#base = base;
  }

  async ask(method, path, body) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(`${this.#base}/api/v1${path}`, {
      method,
      headers: { 'content-type': 'application/json', cookie },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    for (const set of response.headers.getSetCookie()) {
      const [pair] = set.split(';');
      const at = pair.indexOf('=');
      this.#cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  /** Signs in for the first time, chooses a password and, where it is due, sets up one-time codes. */
  async begin(login, oneTime) {
    await this.ask('POST', '/session', { login, password: oneTime });
    await this.ask('POST', '/session/password', { old: oneTime, new: CHOSEN });
    const { due } = await this.ask('GET', '/session');
    const person = { login, password: CHOSEN };
    if (due === 'totp') {
      const begun = await this.ask('POST', '/session/totp');
      person.telephone = new Telephone(begun.secret_base32);
      person.secret = begun.secret_base32;
      await this.ask('PUT', '/session/totp', { code: person.telephone.code() });
    }
    return person;
  }
}

async function firstPassword(file) {
  for (const end = Date.now() + FIRST_FILE_MS; Date.now() < end; await wait(100)) {
    const text = await readFile(file, 'utf8').catch(() => '');
    const password = /^Password: (.+)$/m.exec(text)?.[1];
    if (password && text.endsWith('\n')) return password;
  }
  throw new Error(`${file} was not written`);
}

/** The first administrator and these people, by login name. */
export async function people(base, firstSignIn, wanted) {
  const administrator = new Client(base);
  const all = { admin: await administrator.begin('admin', await firstPassword(firstSignIn)) };
  /** Keys of programs that may hear the board. */
  all.admin.keys = (count) =>
    Promise.all(
      Array.from({ length: count }, async (_, at) => {
        const made = await administrator.ask('POST', '/api-keys', {
          name: `screens ${at + 1}`,
          scopes: ['read-board'],
          days: 1,
        });
        return made.token;
      }),
    );
  for (const [login, display_name, role] of wanted) {
    const made = await administrator.ask('POST', '/accounts', { login, display_name, role });
    all[login] = await new Client(base).begin(login, made.one_time_password);
  }
  return all;
}

/** Signs somebody in at the pages. */
export async function signIn(page, base, person) {
  await page.goto(`${base}/sign-in`);
  await page.locator('#login').fill(person.login);
  await page.locator('#password').fill(person.password);
  await page.locator('form button[type=submit]').click();
  if (person.telephone) {
    await page.locator('#code').fill(person.telephone.code());
    await page.locator('form button[type=submit]').click();
  }
  await page.waitForURL((url) => url.pathname !== '/sign-in');
}

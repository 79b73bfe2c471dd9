// Takes a picture of every page while a centre is at work.
//
// Usage: node screenshots.mjs CHROMIUM BASE FIRST_SIGN_IN_FILE FOLDER

import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { chromium } from 'playwright-core';

import { people, signIn } from './people.mjs';

/** Until then a share of the calls is worth showing. */
const CENTRE_HAS_WORKED_MS = 90_000;
/** A picture of the centre shows at least so many. */
const LIVELY = { waiting: 2, talking: 3 };
const LIVELY_WITHIN_MS = 120_000;

const [executablePath, base, firstSignIn, folder] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
const all = await people(base, firstSignIn, [
  ['sona', 'Soňa', 'supervisor'],
  ['jana', 'Jana', 'operator'],
  ['hall', 'Nástěnka', 'wall'],
  ['vera', 'Věra', 'auditor'],
]);

async function pageOf(person, options = {}) {
  const { language = 'en', theme = 'light', width = 1440, height = 900 } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: 'reduce',
  });
  await context.addInitScript(
    (kept) => localStorage.setItem('linka', kept),
    JSON.stringify({ language, theme: 'system' }),
  );
  const page = await context.newPage();
  if (person) await signIn(page, base, person);
  return page;
}

async function picture(page, name) {
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
  console.log(`${name}.png`);
}

/** Waits for a moment in which a board or a wall shows a centre at work. */
async function lively(page) {
  await page.waitForFunction(
    (least) =>
      Object.entries(least).every(([tile, many]) => {
        const value = document.querySelector(`[data-tile=${tile}] [data-value]`);
        return Number(value?.textContent) >= many;
      }),
    LIVELY,
    { timeout: LIVELY_WITHIN_MS },
  );
}

const stranger = await pageOf(undefined, { width: 900, height: 640 });
await stranger.goto(`${base}/sign-in`);
await stranger.locator('#login').waitFor();
await picture(stranger, 'sign-in');

const wall = await pageOf(all.hall, { width: 1920, height: 1080, theme: 'dark', language: 'cs' });
const operator = await pageOf(all.jana);
const board = await pageOf(all.sona);
await wait(CENTRE_HAS_WORKED_MS);
await lively(board);
await picture(board, 'wallboard');
await picture(wall, 'wall');
await operator.locator('h2#now-title').filter({ hasText: 'In a call' }).waitFor({ timeout: LIVELY_WITHIN_MS });
await picture(operator, 'my-shift');
const waiting = board.locator('[data-contact] .wide a').first();
await waiting.waitFor({ timeout: 60_000 });
await waiting.click();
await board.locator('#story-title').waitFor();
await picture(board, 'contact');
await board.emulateMedia({ colorScheme: 'dark' });
await board.goto(`${base}/`);
await board.locator('[data-tile=waiting]').waitFor();
await picture(board, 'wallboard-dark');

const narrow = await pageOf(undefined, { width: 390, height: 844, language: 'uk' });
await signIn(narrow, base, all.jana);
await picture(narrow, 'my-shift-phone');
const administrator = await pageOf(all.admin);
await administrator.evaluate(async () => {
  const keys = [
    ['kiosk', ['read-board'], 90],
    ['statistics', ['read-reports', 'read-audit'], 30],
  ];
  for (const [name, scopes, days] of keys) {
    const body = JSON.stringify({ name, scopes, days });
    await fetch('/api/v1/api-keys', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  }
});
for (const name of ['reports', 'accounts', 'keys', 'sessions', 'audit']) {
  await administrator.goto(`${base}/${name}`);
  await administrator.locator('h1').waitFor();
  await wait(1_000);
  await picture(administrator, name);
}
await browser.close();

// Opens every page in Chromium against the fake server, in each language, light and dark: `node tests/look.mjs [FOLDER]`.
// Fails when axe finds something, when a wall is taller than its screen, when the browser complains, when a title says more than "Linka" or when anything is asked of another host.
// With FOLDER it leaves screenshots there.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

const PORT = 4_199;
const BASE = `http://127.0.0.1:${PORT}`;
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const LAPTOP = { width: 1366, height: 768 };
const WALL = { width: 1920, height: 1080 };
const PHONE = { width: 360, height: 740 };

const click = (selector) => (page) => page.click(selector);
const entry = async (page) => {
  await page.waitForSelector('#now-title');
  await scene({ scene: 'talking' });
  await page.waitForSelector('.badge.danger');
  await scene({ scene: 'wrapUp' });
  await page.waitForSelector('[role=radiogroup]');
  await page.focus('[role=radiogroup] button');
  await page.keyboard.type('1');
  await page.keyboard.type('1');
};

/** Every view: its name, who looks, the path, what the feed tells, the size, and what is done first. */
const VIEWS = [
  ['sign-in', undefined, '/', {}, LAPTOP],
  ['sign-in-wrong', undefined, '/', {}, PHONE, wrong],
  ['password', 'operator', '/', { due: 'password' }, LAPTOP],
  ['totp', 'administrator', '/', { due: 'totp' }, LAPTOP, click('main .main')],
  ['board', 'supervisor', '/', {}, WALL],
  ['board-laptop', 'supervisor', '/', {}, LAPTOP],
  ['board-phone', 'supervisor', '/', {}, PHONE],
  ['board-sick', 'supervisor', '/', { scene: 'sick' }, LAPTOP],
  ['board-calm', 'operator', '/', { scene: 'calm' }, LAPTOP],
  ['board-restarted', 'supervisor', '/', { scene: 'restarted' }, LAPTOP],
  ['board-crowd', 'supervisor', '/', { scene: 'crowd' }, LAPTOP],
  ['board-old', 'supervisor', '/', { isSilent: true }, LAPTOP, (page) => page.waitForSelector('.grey')],
  ['board-pause', 'supervisor', '/', {}, LAPTOP, click('td.act button')],
  ['wall', 'wall', '/', {}, WALL],
  ['wall-sick', 'wall', '/wall', { scene: 'sick' }, WALL],
  ['wall-calm', 'wall', '/', { scene: 'calm' }, WALL],
  ['me-calm', 'operator', '/me', { scene: 'calm' }, LAPTOP],
  ['me-pause', 'operator', '/me', { scene: 'calm' }, LAPTOP, click('.wants button:nth-child(2)')],
  ['me-rings', 'operator', '/me', { scene: 'rings' }, LAPTOP],
  ['board-rings', 'operator', '/', { scene: 'rings' }, PHONE],
  ['me-phone', 'operator', '/me', { scene: 'rings' }, PHONE],
  ['me-talking', 'operator', '/me', { scene: 'talking' }, LAPTOP, taps],
  ['me-missed', 'operator', '/me', { scene: 'missed' }, LAPTOP],
  ['me-dead-phone', 'operator', '/me', { scene: 'deadPhone' }, PHONE],
  ['me-never-seen', 'operator', '/me', { scene: 'neverSeen' }, PHONE],
  ['me-cut-off', 'operator', '/me', { scene: 'cutOff' }, PHONE],
  ['me-lost', 'operator', '/me', { scene: 'calm', isSilent: true }, LAPTOP, (page) => page.waitForSelector('.grey')],
  ['me-entry', 'operator', '/me', { scene: 'calm' }, LAPTOP, entry],
  ['contact', 'supervisor', '/contacts/902', {}, LAPTOP],
  ['contact-phone', 'supervisor', '/contacts/902', {}, PHONE],
  ['contact-give', 'supervisor', '/contacts/902', {}, LAPTOP, click('.acts button:last-child')],
  ['reports', 'auditor', '/', {}, LAPTOP],
  ['reports-phone', 'auditor', '/', {}, PHONE],
  ['accounts', 'administrator', '/accounts', {}, LAPTOP],
  ['accounts-phone', 'administrator', '/accounts', {}, PHONE],
  ['accounts-add', 'administrator', '/accounts', {}, LAPTOP, click('.head .main')],
  ['keys', 'administrator', '/keys', {}, LAPTOP],
  ['keys-phone', 'administrator', '/keys', {}, PHONE],
  ['keys-add', 'administrator', '/keys', {}, PHONE, click('.head .main')],
  ['keys-made', 'administrator', '/keys', {}, LAPTOP, makeKey],
  ['keys-revoke', 'administrator', '/keys', {}, LAPTOP, click('td.acts .grave')],
  ['sessions', 'operator', '/sessions', {}, LAPTOP],
  ['sessions-phone', 'auditor', '/sessions', {}, PHONE],
  ['sessions-end', 'operator', '/sessions', {}, LAPTOP, click('td.acts .grave')],
  ['audit', 'auditor', '/audit', {}, LAPTOP],
  ['audit-phone', 'auditor', '/audit', {}, PHONE],
  ['missing', 'operator', '/audit', {}, LAPTOP],
];

async function makeKey(page) {
  await page.click('.head .main');
  await page.fill('dialog input:not([type])', 'kiosk-2');
  await page.check('dialog input[type=checkbox]');
  await page.click('dialog button[type=submit]');
  await page.waitForSelector('dialog code');
}

async function wrong(page) {
  await page.fill('#login', 'nobody');
  await page.fill('#password', 'x');
  await page.click('button[type=submit]');
  await page.waitForSelector('.failure');
}

async function taps(page) {
  await page.waitForSelector('#now-title');
  for (const tap of ['1', '1']) await scene({ tap });
  await page.waitForTimeout(2_000);
}

async function scene(body) {
  await fetch(`${BASE}/fake/scene`, { method: 'PUT', body: JSON.stringify(body) });
}

const complaints = [];

async function look(browser, [name, role, path, told, size, act], language, theme, folder) {
  const context = await browser.newContext({ viewport: size, colorScheme: theme, reducedMotion: 'reduce' });
  await context.addInitScript(`localStorage.setItem('linka', '${JSON.stringify({ language, theme: 'system' })}')`);
  if (role) await context.addCookies([{ name: 'role', value: role, url: BASE }]);
  const page = await context.newPage();
  const where = `${name} ${language} ${theme}`;
  page.on('console', (message) => {
    // The browser itself notes every answer that is an error; those are meant here.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(`${where}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`${where}: ${error}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(BASE)) complaints.push(`${where}: asked ${request.url()}`);
  });
  await scene({ scene: 'day', due: 'nothing', ...told });
  await page.goto(BASE + path);
  await page.waitForSelector('h1');
  await page.waitForFunction(() => !document.querySelector('main')?.textContent?.includes('…'));
  if (act) await act(page);
  await page.waitForTimeout(250);
  if ((await page.title()) !== 'Linka') complaints.push(`${where}: the title is ${await page.title()}`);
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  for (const one of violations)
    complaints.push(`${where}: ${one.id} at ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) complaints.push(`${where}: ${wide} px wider than the screen`);
  const tall = await page.evaluate(() => document.documentElement.scrollHeight - innerHeight);
  if (role === 'wall' && tall > 0)
    complaints.push(`${where}: ${tall} px taller than the screen, and nobody scrolls a wall`);
  if (folder) await page.screenshot({ path: `${folder}/${name}-${language}-${theme}.png`, fullPage: size !== WALL });
  await context.close();
}

const [folder, only] = process.argv.slice(2);
if (folder) mkdirSync(folder, { recursive: true });
process.on('exit', () => server.kill());
const server = spawn(process.execPath, [fileURLToPath(new URL('fake-server.mjs', import.meta.url)), String(PORT)]);
await once(server.stdout, 'data');
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
let looks = 0;
for (const view of VIEWS.filter(([name]) => !only || name.startsWith(only))) {
  for (const language of ['cs', 'en', 'uk']) {
    for (const theme of ['light', 'dark']) {
      await look(browser, view, language, theme, folder);
      looks += 1;
    }
  }
}
await browser.close();
server.kill();
console.log(`${looks} looks, ${complaints.length} complaints`);
for (const complaint of complaints) console.log(complaint);
process.exitCode = complaints.length === 0 ? 0 : 1;

// Opens the wallboard of a demonstration with a supervisor signed in.
//
// Usage: node demo.mjs CHROMIUM BASE FIRST_SIGN_IN_FILE FOLDER. With a display the browser is to be seen; without one a picture of the wallboard is
// written to FOLDER/wallboard.png every few seconds. What a person needs to sign in by herself, in each role, is printed and goes to FOLDER/sign-in.txt.

import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { chromium } from 'playwright-core';

import { people, signIn } from './people.mjs';

const PICTURE_EVERY_MS = 3_000;

const [executablePath, base, firstSignIn, folder] = process.argv.slice(2);
const wanted = [
  ['sona', 'Soňa', 'supervisor'],
  ['jana', 'Jana', 'operator'],
  ['vera', 'Věra', 'auditor'],
  ['hall', 'Nástěnka', 'wall'],
];
const all = await people(base, firstSignIn, wanted);
const roles = { admin: 'administrator', ...Object.fromEntries(wanted.map(([login, , role]) => [login, role])) };
const lines = Object.values(all).map(({ login, password, secret }) => {
  const line = `${roles[login]}: ${login}  password "${password}"`;
  return secret ? `${line}  key of its one-time codes ${secret}` : line;
});
await writeFile(join(folder, 'sign-in.txt'), `${base}\n\n${lines.join('\n')}\n`);

const hasDisplay = Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
const browser = await chromium.launch({
  executablePath,
  headless: !hasDisplay,
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});
const context = await browser.newContext(hasDisplay ? { viewport: null } : { viewport: { width: 1440, height: 900 } });
const page = await context.newPage();
await signIn(page, base, all.sona);
console.log(
  hasDisplay
    ? `wallboard: open in a window; ${base}`
    : `wallboard: ${join(folder, 'wallboard.png')}, anew every 3 s; ${base}`,
);
console.log(`to sign in by yourself (${join(folder, 'sign-in.txt')}):\n  ${lines.join('\n  ')}`);
browser.on('disconnected', () => process.exit(0));
while (!hasDisplay) {
  // Somebody is at the page: one that is left alone hides what it shows.
  await page.keyboard.press('Shift');
  // Renamed when it is whole: a viewer never sees half a picture.
  const picture = join(folder, 'wallboard.new.png');
  await page.screenshot({ path: picture });
  await rename(picture, join(folder, 'wallboard.png'));
  await wait(PICTURE_EVERY_MS);
}

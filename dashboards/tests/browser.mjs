// A browser that is driven by lines of JSON on standard input and answers each with one line on standard output.
//
// Usage: node browser.mjs CHROMIUM_EXECUTABLE. Every command is {"page": NAME, "do": ACT, ...}; a page is a browser of its own, with its own
// cookies, made when it is first named. The answer is {"ok": VALUE} or {"error": SENTENCE}.

import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const WAIT_MS = 15_000;
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const browser = await chromium.launch({
  executablePath: process.argv[2],
  args: ['--no-sandbox', '--disable-dev-shm-usage', '--autoplay-policy=no-user-gesture-required'],
});
const pages = new Map();

/** The page of a name. What goes wrong in it is kept: a test asks for it at its end. */
async function pageOf(name, options = {}) {
  const known = pages.get(name);
  if (known) return known;
  const context = await browser.newContext({
    viewport: options.viewport ?? { width: 1280, height: 800 },
    locale: options.locale ?? 'en-GB',
    timezoneId: options.zone,
    colorScheme: options.colorScheme ?? 'light',
    reducedMotion: 'reduce',
    bypassCSP: false,
    ignoreHTTPSErrors: options.trustsAll ?? false,
  });
  if (options.storage) {
    await context.addInitScript((entries) => {
      for (const [key, value] of Object.entries(entries)) {
        if (localStorage.getItem(key) === null) localStorage.setItem(key, value);
      }
    }, options.storage);
  }
  const made = watched(await context.newPage(), context);
  pages.set(name, made);
  return made;
}

/** A page whose faults are kept. */
function watched(page, context) {
  page.setDefaultTimeout(WAIT_MS);
  const faults = [];
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  return { page, context, faults };
}

/** What is meant: by role and name, by label, by text, or by CSS. */
function locate(page, what) {
  const scope = what.within ? locate(page, what.within) : page;
  const exact = what.exact ?? false;
  let found;
  if (what.role) found = scope.getByRole(what.role, what.name ? { name: what.name, exact } : {});
  else if (what.label) found = scope.getByLabel(what.label, { exact });
  else if (what.text) found = scope.getByText(what.text, { exact });
  else found = scope.locator(what.css);
  return what.all ? found : found.first();
}

const acts = {
  open: async ({ page }, { url }) => void (await page.goto(url)),
  click: async ({ page }, { what }) => void (await locate(page, what).click()),
  fill: async ({ page }, { what, text }) => void (await locate(page, what).fill(text)),
  choose: async ({ page }, { what, value }) => void (await locate(page, what).selectOption(value)),
  press: async ({ page }, { keys }) => {
    for (const key of keys) await page.keyboard.press(key);
  },
  focus: async ({ page }, { what }) => void (await locate(page, what).focus()),
  see: async ({ page }, { what, timeout }) =>
    void (await locate(page, what).waitFor({ state: 'visible', timeout: timeout ?? WAIT_MS })),
  miss: async ({ page }, { what, timeout }) =>
    void (await locate(page, what).waitFor({ state: 'hidden', timeout: timeout ?? WAIT_MS })),
  text: async ({ page }, { what }) => await locate(page, what).innerText(),
  texts: async ({ page }, { what }) => await locate(page, { ...what, all: true }).allInnerTexts(),
  count: async ({ page }, { what }) => await locate(page, { ...what, all: true }).count(),
  path: async ({ page }) => new URL(page.url()).pathname,
  evaluate: async ({ page }, { script }) => await page.evaluate(script),
  screenshot: async ({ page }, { path, full }) =>
    void (await page.screenshot({ path, fullPage: full ?? false, animations: 'disabled' })),
  emulate: async ({ page }, { colorScheme, viewport }) => {
    if (colorScheme) await page.emulateMedia({ colorScheme });
    if (viewport) await page.setViewportSize(viewport);
  },
  reload: async ({ page }) => void (await page.reload()),
  // Another tab of the same browser: its cookies are those of the page.
  tab: async ({ context }, { name, url }) => {
    const tab = watched(await context.newPage(), context);
    pages.set(name, tab);
    await tab.page.goto(url);
  },
  // The rules of axe that are broken, each with where. Scripts of the driver are no scripts of the page: its policy stays as it is.
  axe: async ({ page }) => {
    const broken = await page.evaluate(`${axe}; axe.run(document, { resultTypes: ['violations'] })
      .then((found) => found.violations.map((rule) =>
        rule.id + ': ' + rule.nodes.map((node) => node.target.join(' ')).join(', ')))`);
    return broken;
  },
  faults: async ({ faults }) => faults.splice(0),
  close: async ({ context }, { page: name }) => {
    await context.close();
    pages.delete(name);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  let answer;
  try {
    const page = await pageOf(command.page, command);
    answer = { ok: (await acts[command.do](page, command)) ?? null };
  } catch (error) {
    answer = { error: String(error.message ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();

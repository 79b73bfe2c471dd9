// Proves in Chromium what a page does by itself, against the fake server: `node tests/behave.mjs [PART_OF_A_NAME]`.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

const PORT = 4_198;
const BASE = `http://127.0.0.1:${PORT}`;
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

let server;

async function start() {
  server = spawn(process.execPath, [fileURLToPath(new URL('fake-server.mjs', import.meta.url)), String(PORT)]);
  await once(server.stdout, 'data');
}

async function stop() {
  server.kill();
  await once(server, 'exit');
}

async function scene(body) {
  await fetch(`${BASE}/fake/scene`, { method: 'PUT', body: JSON.stringify(body) });
}

async function open(browser, role, path, { viewport = { width: 1_366, height: 768 }, language = 'cs' } = {}) {
  const context = await browser.newContext({ locale: 'cs-CZ', viewport });
  await context.addInitScript(
    (chosen) => localStorage.setItem('linka', chosen),
    JSON.stringify({ language, theme: 'system' }),
  );
  if (role) await context.addCookies([{ name: 'role', value: role, url: BASE }]);
  const page = await context.newPage();
  await page.goto(BASE + path);
  await page.waitForSelector('h1');
  return page;
}

/** What of a wall is beyond the screen's edge, or text beyond that of its panel; runs in the page. */
function beyondItsPlace() {
  const box = (one) => one.getBoundingClientRect();
  const all = (selector) => [...document.querySelectorAll(selector)];
  const beyond = all('.old, .panel, section li').filter(
    (one) => box(one).bottom > innerHeight || box(one).right > innerWidth,
  );
  const spilt = all('.panel :is(dt, dd, p)').filter((one) => box(one).bottom > box(one.closest('.panel')).bottom);
  return [...beyond, ...spilt].map((one) => `${one.textContent.trim().slice(0, 30)} to ${box(one).bottom}`);
}

const BEHAVIOURS = {
  async 'somebody lands where her role begins'(browser) {
    for (const [role, path] of [
      ['operator', '/me'],
      ['supervisor', '/'],
      ['auditor', '/reports'],
      ['wall', '/wall'],
    ]) {
      const page = await open(browser, undefined, '/');
      await page.fill('#login', role);
      await page.fill('#password', 'x');
      await page.click('button[type=submit]');
      await page.waitForFunction((wanted) => location.pathname === wanted, path);
      await page.context().close();
    }
  },

  async 'a code is asked for only once the password is right'(browser) {
    const page = await open(browser, undefined, '/');
    await page.fill('#login', 'supervisor');
    await page.fill('#password', 'code');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#code:focus');
    await page.keyboard.type('123 456');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#waiting-title');
    await page.context().close();
  },

  async 'a locked sign-in says how long'(browser) {
    const page = await open(browser, undefined, '/');
    await page.fill('#login', 'supervisor');
    await page.fill('#password', 'locked');
    await page.click('button[type=submit]');
    assert.match(await page.textContent('.failure'), /14:00/);
    await page.context().close();
  },

  async 'a locked sign-in of nobody says so, and so does one of a device that is known'(browser) {
    const page = await open(browser, 'administrator', '/accounts');
    const rows = page.locator('section[aria-labelledby=lockouts-title] tbody tr');
    await rows.nth(2).waitFor();
    const told = await rows.allTextContents();
    assert.match(told[0], /jana.*10\.0\.0\.0\/24/s);
    assert.match(told[1], /^\s*neznámá jména.*203\.0\.113\.0\/24.*Odemknout: neznámá jména/s);
    assert.match(told[2], /supervisor.*zařízení, které účet zná/s);
    assert.doesNotMatch(told.join(), /null|undefined/);
    await page.context().close();
  },

  async 'a stream that ends is taken up again without a word to anybody'(browser) {
    const page = await open(browser, 'supervisor', '/');
    await page.waitForSelector('#waiting-title');
    await scene({ hangUp: true });
    await page.waitForTimeout(4_500);
    await scene({ scene: 'calm' });
    await page.waitForFunction(() => document.body.textContent.includes('Nikdo nečeká.'));
    assert.equal(await page.locator('.grey').count(), 0);
    await page.context().close();
  },

  async 'old data is grey and says its age, and comes back by itself'(browser) {
    const page = await open(browser, 'supervisor', '/');
    await page.waitForSelector('#waiting-title');
    await stop();
    await page.waitForSelector('.grey', { timeout: 9_000 });
    assert.match(await page.textContent('.old'), /Data jsou \d+ sekund/);
    await start();
    await page.waitForSelector('.grey', { state: 'detached', timeout: 30_000 });
    await page.context().close();
  },

  async 'who is signed out meanwhile comes to the sign-in'(browser) {
    const page = await open(browser, 'supervisor', '/');
    await page.waitForSelector('#waiting-title');
    await page.context().clearCookies();
    await scene({ hangUp: true });
    await page.waitForSelector('#login', { timeout: 15_000 });
    await page.context().close();
  },

  async 'an act that is refused is a sentence in its dialog'(browser) {
    const page = await open(browser, 'supervisor', '/contacts/902');
    await scene({ scene: 'calm' });
    await page.waitForSelector('#content .card');
    await scene({ scene: 'wrapUp' });
    await page.click('.acts button:last-child');
    await page.selectOption('dialog select', 'lenka');
    await page.click('dialog button[type=submit]');
    assert.match(await page.textContent('dialog .failure'), /stav se mezitím změnil/);
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
    await page.context().close();
  },

  async 'of five thousand waiting contacts fifty are shown, while twenty changes a second come'(browser) {
    const page = await open(browser, 'supervisor', '/');
    await scene({ scene: 'crowd' });
    await page.waitForFunction(() => document.body.textContent.includes('dalších'));
    assert.equal(await page.locator('section:has(#waiting-title) tbody tr').count(), 50);
    await page.context().close();
  },

  async 'whom Linka paused is told so in place of calm, and comes back by one button'(browser) {
    const page = await open(browser, 'operator', '/me');
    await scene({ scene: 'machinePaused' });
    const panel = page.locator('[data-now=paused_by_machine]');
    await panel.waitFor();
    assert.match(
      await panel.textContent(),
      /Linka vám dala pauzu po 3 zmeškaných nabídkách\..*Nic vám nezazvoní\..*čeká 1 kontakt/s,
    );
    assert.equal(await page.locator('text=Klid').count(), 0);
    assert.equal(
      await page
        .locator('button[aria-pressed=true]')
        .textContent()
        .then((text) => text.trim()),
      'Pauza',
    );
    const asked = page.waitForRequest((request) => request.url().endsWith('/me/intent'));
    await panel.locator('button').click();
    assert.deepEqual((await asked).postDataJSON(), { wants: 'ready' });
    await page.context().close();
  },

  async 'a dead phone is told with its account, server and when it was last seen, and nothing is calm'(browser) {
    const page = await open(browser, 'operator', '/me');
    await scene({ scene: 'deadPhone' });
    const panel = page.locator('[data-now=unreachable]');
    await panel.waitFor();
    assert.match(
      await panel.textContent(),
      /Váš telefon neodpovídá.*Nic vám nezazvoní.*jana.*192\.0\.2\.10:5060.*\d+:\d\d/s,
    );
    assert.equal(await page.locator('text=Klid').count(), 0);
    await page.context().close();
  },

  async 'calm is shown only while nobody waits'(browser) {
    const page = await open(browser, 'operator', '/me');
    await scene({ scene: 'calm' });
    await page.waitForSelector('h2:text-is("Klid")');
    await scene({ scene: 'waits' });
    await page.waitForSelector('h2:text-is("Někdo čeká")');
    assert.equal(await page.locator('text=Klid').count(), 0);
    await page.context().close();
  },

  async 'who starts her shift has sound and is ready'(browser) {
    const page = await open(browser, 'operator', '/me');
    await scene({ scene: 'offShift' });
    const asked = page.waitForRequest((request) => request.url().endsWith('/me/intent'));
    await page.click('button:has-text("Začít směnu")');
    assert.deepEqual((await asked).postDataJSON(), { wants: 'ready' });
    await page.waitForSelector('text=zvuk je zapnutý');
    await page.context().close();
  },

  async 'by keyboard the focus goes from a button that is gone to what happens now'(browser) {
    const page = await open(browser, 'operator', '/me');
    const press = async (name, then, title) => {
      await page.getByRole('button', { name, exact: true }).first().focus();
      await page.keyboard.press('Enter');
      if (then) await scene({ scene: then });
      await page.waitForFunction(
        (wanted) => document.activeElement?.id === 'now-title' && document.activeElement.textContent.includes(wanted),
        title,
        { timeout: 5_000 },
      );
    };
    await scene({ scene: 'machinePaused' });
    await page.waitForSelector('[data-now=paused_by_machine]');
    await press('Jsem zpět', 'calm', 'Klid');
    await page.getByRole('button', { name: 'Pauza', exact: true }).press('Enter');
    await press('porada', 'breaks', 'Máte pauzu');
    await scene({ scene: 'talking' });
    await page.waitForSelector('[data-now=talking]');
    await scene({ scene: 'wrapUp' });
    await press('Teď ne', undefined, 'Čas po hovoru');
    await press('Hotovo, mohu další', 'calm', 'Klid');
    await page.context().close();
  },

  async 'who presses beside everything is left alone'(browser) {
    const page = await open(browser, 'operator', '/me');
    await scene({ scene: 'machinePaused' });
    await page.getByRole('button', { name: 'Jsem zpět' }).focus();
    await page.mouse.click(5, 700);
    await scene({ scene: 'calm' });
    await page.waitForSelector('[data-now=free]');
    assert.equal(await page.evaluate(() => document.activeElement.tagName), 'BODY');
    await page.context().close();
  },

  async 'on a telephone a pause stands above the entry about a call'(browser) {
    const page = await open(browser, 'operator', '/me', { viewport: { width: 360, height: 740 } });
    await scene({ scene: 'talking' });
    await page.waitForSelector('[data-now=talking]');
    await scene({ scene: 'wrapUp' });
    await page.waitForSelector('#entry-title');
    const [pause, entry] = await Promise.all(
      ['button:has-text("Pauza")', '#entry-title'].map(
        async (one) => (await page.locator(one).first().boundingBox()).y,
      ),
    );
    assert.ok(pause < entry, `the pause stands at ${pause}, the entry at ${entry}`);
    await page.context().close();
  },

  async 'the crossed bubble stands by those alone who cannot speak'(browser) {
    const page = await open(browser, 'operator', '/me');
    await scene({ scene: 'rings' });
    await page.waitForSelector('[data-now=ringing]');
    const [badge, speech] = await page.evaluate(() =>
      ['.badge.danger path', '.title path'].map((one) => document.querySelector(`[data-now] ${one}`).getAttribute('d')),
    );
    assert.notEqual(badge, speech);
    await page.context().close();
  },

  async 'that a caller cannot speak is seen before she answers, on an enlarged page without sound and on every other page'(
    browser,
  ) {
    const inSight = async (page, selector, where) => {
      const { top, bottom } = await page.$eval(selector, (one) => one.getBoundingClientRect().toJSON());
      const height = page.viewportSize().height;
      assert.ok(top >= 0 && bottom <= height, `${where}: it stands from ${top} to ${bottom} of ${height}`);
    };
    await scene({ scene: 'rings' });
    for (const language of ['cs', 'en', 'uk']) {
      const enlarged = await open(browser, 'operator', '/me', { viewport: { width: 683, height: 384 }, language });
      await enlarged.waitForSelector('[data-now=ringing] .title');
      await enlarged.waitForSelector('#sound-title');
      await inSight(enlarged, '[data-now=ringing] .title', `enlarged ${language}`);
      await enlarged.context().close();
      const elsewhere = await open(browser, 'operator', '/', { viewport: { width: 360, height: 740 }, language });
      await elsewhere.waitForSelector('a.ringing strong');
      await inSight(elsewhere, 'a.ringing strong', `elsewhere ${language}`);
      await elsewhere.evaluate(() => scrollTo(0, document.body.scrollHeight));
      const [last, chip] = await elsewhere.evaluate(() => [
        document.querySelector('main').lastElementChild.getBoundingClientRect().bottom,
        document.querySelector('a.ringing').getBoundingClientRect().top,
      ]);
      assert.ok(last <= chip, `${language}: the page ends at ${last}, below ${chip}`);
      await elsewhere.context().close();
    }
  },

  async 'on a telephone a label stands apart from what it tells'(browser) {
    const page = await open(browser, 'administrator', '/accounts', {
      viewport: { width: 360, height: 740 },
      language: 'uk',
    });
    await page.waitForSelector('[aria-labelledby=lockouts-title] tbody tr');
    for (const path of ['/accounts', '/keys', '/sessions']) {
      await page.goto(BASE + path);
      await page.waitForSelector('.stacked');
      const told = await page.locator('td:has(.stacked)').allInnerTexts();
      assert.deepEqual(
        told.filter((text) => !/[:а-яіїє] \S/i.test(text) || /:\S/.test(text.replaceAll(/\d:\d/g, ''))),
        [],
        path,
      );
    }
    await page.context().close();
  },

  async 'who ends a pause on the board keeps the focus where it was, and hears whose pause it was'(browser) {
    const page = await open(browser, 'supervisor', '/');
    await scene({ scene: 'machinePaused' });
    const button = page.locator('[data-operator=jana][data-status=paused_by_machine] .act button');
    await button.focus();
    await page.keyboard.press('Enter');
    await page.locator('dialog button[type=submit]').focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('.notes:has-text("jana: pauza je zrušená.")');
    await scene({ scene: 'calm' });
    await page.waitForSelector('[data-operator=jana][data-status=free]');
    assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), 'Dát pauzu: jana');
    await page.context().close();
  },

  async 'the worst faults are heard on every page, once as they begin and once as they end'(browser) {
    await scene({ scene: 'breaks' });
    const pages = await Promise.all(
      [
        ['supervisor', '/'],
        ['wall', '/wall'],
        ['operator', '/me'],
        ['administrator', '/reports'],
      ].map(([role, path]) => open(browser, role, path)),
    );
    const heard = (page) => page.evaluate(() => globalThis.heard.join(' '));
    for (const page of pages) {
      await page.waitForSelector('.unseen[role=status]', { state: 'attached' });
      await page.evaluate(() => {
        globalThis.heard = [];
        const region = document.querySelector('.unseen[role=status]');
        new MutationObserver(() => globalThis.heard.push(region.textContent)).observe(region, {
          childList: true,
          characterData: true,
          subtree: true,
        });
      });
    }
    const begins = ['Neukládá se na disk', 'Nové hovory se nepřijímají', 'Spojení do telefonní sítě nefunguje'];
    const ends = ['Na disk se zase ukládá', 'Nové hovory se zase přijímají', 'Spojení do telefonní sítě zase funguje'];
    const allHeard = (page, all) =>
      page.waitForFunction((words) => words.every((one) => globalThis.heard.join(' ').includes(one)), all, {
        timeout: 5_000,
      });
    await scene({ scene: 'sick' });
    for (const page of pages) await allHeard(page, begins);
    await scene({ scene: 'breaks' });
    for (const page of pages) await allHeard(page, ends);
    for (const page of pages) {
      const text = await heard(page);
      for (const one of [...begins, ...ends])
        assert.equal(text.split(one).length, 2, `${new URL(page.url()).pathname}: ${one} in ${text}`);
      await page.context().close();
    }
  },

  async 'the board shows one status with its time, its parts by a click, and how to end a pause of the machine'(
    browser,
  ) {
    const page = await open(browser, 'supervisor', '/');
    const row = page.locator('[data-operator=milada][data-status=paused_by_machine]');
    await row.waitFor();
    assert.match(await row.textContent(), /pauza \(3 zmeškané\)\s+\d+:\d\d/);
    assert.equal(await page.locator('[data-tile=free] [data-value]').textContent(), '0');
    assert.equal(await row.locator('button').getAttribute('title'), 'Zrušit pauzu');
    assert.equal(await row.locator('dt').count(), 0);
    await row.locator('summary').click();
    await row.locator('dt').first().waitFor();
    assert.deepEqual(await row.locator('dt').allTextContents(), ['Chce', 'Telefon', 'Dělá', 'Zvoní / po hovoru']);
    assert.match(await page.locator('[data-operator=alena]').textContent(), /^\s*Alena K\./);
    await page.context().close();
  },

  async 'few calls are told by counts with both levels and since when'(browser) {
    const page = await open(browser, 'supervisor', '/');
    await scene({ scene: 'fewCalls' });
    await page.waitForSelector('.sums:has-text("9 z 9")');
    const text = await page.textContent('.sums');
    assert.match(text, /Dnes\s*od \d+:\d\d.*přijato do 20 s.*kdo zavěsili do 10 s: 82\s%.*9 z 11.*nepočítají se/s);
    assert.doesNotMatch(text, /100\s%/);
    await page.context().close();
  },

  async 'a trunk that nobody probes is grey on board and wall, and all is not well'(browser) {
    const board = await open(browser, 'supervisor', '/');
    await board.waitForSelector('[data-trunk=not_probed].unknown');
    await board.context().close();
    const wall = await open(browser, 'wall', '/wall', { viewport: { width: 1_920, height: 1_080 } });
    await wall.waitForSelector('li.unknown:has-text("gsm-gateway: neprověřuje se")');
    assert.equal(await wall.locator('text=vše v pořádku').count(), 0);
    await wall.context().close();
  },

  async 'the great numbers of a wall are told apart on every screen'(browser) {
    for (const viewport of [
      [1_920, 1_080],
      [1_366, 768],
      [1_280, 1_024],
      [1_280, 800],
      [1_024, 768],
    ].map(([width, height]) => ({ width, height }))) {
      const page = await open(browser, 'wall', '/wall', { viewport });
      await scene({ scene: 'longQueue' });
      await page.waitForFunction(() => document.querySelector('.huge dd').textContent === '130');
      const [count, longest, panel] = await page.evaluate(() => {
        const range = document.createRange();
        const text = (node) => {
          range.selectNodeContents(node);
          const { left, right } = range.getBoundingClientRect();
          return { left, right };
        };
        const [count, longest] = document.querySelectorAll('.huge dd');
        const { right } = document.querySelector('.waits').getBoundingClientRect();
        return [text(count), text(longest), { right }];
      });
      const where = `${viewport.width}×${viewport.height}`;
      assert.ok(longest.left - count.right >= 20, `${where}: ${longest.left - count.right} px between them`);
      assert.ok(longest.right <= panel.right, `${where}: ${longest.right - panel.right} px beyond the panel`);
      await page.context().close();
    }
  },

  async 'a share says that others wait too long already, and is small beside them'(browser) {
    const page = await open(browser, 'wall', '/wall', { viewport: { width: 1_920, height: 1_080 } });
    await page.waitForSelector('.sums .partial');
    const size = (selector) => page.$eval(selector, (one) => parseFloat(getComputedStyle(one).fontSize));
    assert.ok((await size('.sums .partial')) * 2 < (await size('.sums dd:not(.partial)')));
    assert.match(await page.textContent('.sums p'), /čekají 3 kontakty déle než 20 s, ještě se nepočítají/);
    await page.context().close();
  },

  async 'a wall says large that its data is old, and counts no wait on'(browser) {
    const page = await open(browser, 'wall', '/wall', { viewport: { width: 1_920, height: 1_080 } });
    await scene({ scene: 'day', isSilent: true });
    await page.waitForSelector('.grey');
    const shown = () => page.locator('.huge dd').allTextContents();
    const before = await shown();
    const told = await page.textContent('.old strong');
    await page.waitForFunction((old) => document.querySelector('.old strong').textContent !== old, told);
    assert.deepEqual(await shown(), before);
    assert.ok((await page.$eval('.old strong', (one) => parseFloat(getComputedStyle(one).fontSize))) >= 40);
    await scene({ isSilent: false });
    await page.context().close();
  },

  async 'on every wall old data is said beside everything else'(browser) {
    const languages = ['cs', 'en', 'uk'];
    for (const told of ['day', 'sick']) {
      const pages = await Promise.all(languages.map((language) => open(browser, 'wall', '/wall', { language })));
      await scene({ scene: told, isSilent: true });
      await Promise.all(pages.map((page) => page.waitForSelector('.grey')));
      for (const [index, page] of pages.entries()) {
        for (const [width, height] of [
          [1_920, 1_080],
          [1_280, 800],
          [1_024, 768],
        ]) {
          await page.setViewportSize({ width, height });
          const where = `${width}×${height} ${languages[index]} ${told}`;
          assert.deepEqual(await page.evaluate(beyondItsPlace), [], where);
          const size = await page.$eval('.huge dd', (one) => parseFloat(getComputedStyle(one).fontSize));
          assert.ok(size * 12 >= height, `${where}: the great numbers are ${size} px high`);
        }
        await page.context().close();
      }
    }
    await scene({ isSilent: false });
  },

  async 'whoever has scrolled down sees that the data is old'(browser) {
    for (const [role, path] of [
      ['supervisor', '/'],
      ['operator', '/me'],
    ]) {
      const page = await open(browser, role, path, { viewport: { width: 1_024, height: 400 } });
      await scene({ scene: 'day', isSilent: true });
      await page.waitForSelector('.old');
      await page.mouse.wheel(0, 5_000);
      await page.waitForFunction(() => scrollY > 100);
      const { top, bottom } = await page.$eval('.news > .old', (one) => one.getBoundingClientRect().toJSON());
      assert.ok(top >= 0 && bottom <= 400, `${path}: the notice stands from ${top} to ${bottom}`);
      await scene({ isSilent: false });
      await page.context().close();
    }
  },

  async 'a tab at the sign-in form goes on once its person signed in in another'(browser) {
    const page = await open(browser, undefined, '/');
    await page.waitForSelector('#login');
    await page.context().addCookies([{ name: 'role', value: 'supervisor', url: BASE }]);
    await page.evaluate(() => dispatchEvent(new Event('focus')));
    await page.waitForSelector('#waiting-title');
    await page.context().close();
  },

  async 'a long wait stays in its tile at twice the size'(browser) {
    for (const width of [1_366, 683, 1_440, 720, 360]) {
      const page = await open(browser, 'supervisor', '/', { viewport: { width, height: 768 } });
      await scene({ scene: 'longQueue' });
      await page.waitForFunction(
        () => document.querySelector('[data-tile=waiting] [data-value]')?.textContent === '130',
      );
      const beyond = await page.evaluate(() => {
        const tile = document.querySelector('[data-tile=longest]');
        return tile.querySelector('[data-value]').getBoundingClientRect().right - tile.getBoundingClientRect().right;
      });
      assert.ok(beyond < 0, `${width}: ${beyond} px beyond the tile`);
      await page.context().close();
    }
  },

  async 'reports say that a selection is hidden, and keep their lines'(browser) {
    const page = await open(browser, 'auditor', '/reports');
    await page.selectOption('#class', 'alarm');
    await page.waitForSelector('[aria-labelledby=figures-title]:has-text("ale tento výběr je skrytý")');
    assert.deepEqual(await page.locator('#line option').allTextContents(), ['help']);
    await page.context().close();
  },

  async 'parts of months show that they are of all classes, and the chosen one comes back with the months'(browser) {
    const page = await open(browser, 'auditor', '/reports');
    const figures = page.locator('section[aria-labelledby=figures-title]');
    const shown = () => page.$eval('#class', (one) => [one.selectedOptions[0].textContent, one.disabled]);
    await page.selectOption('#class', 'danger');
    await figures.filter({ hasText: 'help · ohrožení' }).waitFor();
    await page.selectOption('#span', 'piece');
    await figures.filter({ hasNotText: 'ohrožení' }).waitFor();
    assert.deepEqual(await shown(), ['všechny', true]);
    await page.selectOption('#span', 'month');
    await figures.filter({ hasText: 'help · ohrožení' }).waitFor();
    assert.deepEqual(await shown(), ['ohrožení', false]);
    await page.context().close();
  },

  async 'the audit says in words what was exported'(browser) {
    const page = await open(browser, 'auditor', '/audit');
    await page.waitForSelector('td:has-text("vývoz výkazu počtů od")');
    await page.context().close();
  },

  async 'who turns to other entries of the audit stands at the first of them, with the keyboard too'(browser) {
    for (const viewport of [
      { width: 1_366, height: 768 },
      { width: 360, height: 740 },
    ]) {
      const page = await open(browser, 'auditor', '/audit', { viewport });
      for (const [name, first] of [
        ['Starší', 799],
        ['Starší', 699],
        ['Nejnovější', 899],
      ]) {
        await page.getByRole('button', { name }).focus();
        await page.keyboard.press('Enter');
        await page.waitForFunction(
          (seq) => document.activeElement.getAttribute('aria-label') === `Záznam úkonů ${seq}–${seq - 99}`,
          first,
        );
        const { top } = await page.$eval('main section', (one) => one.getBoundingClientRect().toJSON());
        assert.ok(top >= 0 && top < viewport.height / 2, `${viewport.width}: after ${name} the list begins at ${top}`);
        assert.match(await page.textContent('main section tbody .seq'), new RegExp(String(first)));
      }
      await page.context().close();
    }
  },

  async 'on a telephone figures begin at the newest month, and every row keeps its name in sight'(browser) {
    for (const language of ['cs', 'en', 'uk']) {
      const page = await open(browser, 'auditor', '/reports', { viewport: { width: 360, height: 740 }, language });
      await page.waitForSelector('.scroll thead th:nth-child(7)');
      for (const table of await page.locator('.scroll').all()) {
        for (const end of [0, 1_000]) {
          const lefts = await table.evaluate((one, to) => {
            one.scrollTo(to, 0);
            return [one, one.querySelector('thead th'), one.querySelector('tbody th')].map(
              (of) => of.getBoundingClientRect().left,
            );
          }, end);
          assert.deepEqual(lefts, Array(3).fill(lefts[0]), `${language}: scrolled to ${end}`);
        }
      }
      await page.reload();
      await page.waitForSelector('.scroll thead th:nth-child(7)');
      const [last, right] = await page.$eval('[aria-labelledby=figures-title] .scroll', (one) => [
        [...one.querySelectorAll('thead th')].at(-1).getBoundingClientRect().right,
        one.getBoundingClientRect().right,
      ]);
      assert.ok(last <= right + 1, `${language}: the newest month ends at ${last}, its table at ${right}`);
      await page.context().close();
    }
  },

  async 'who pauses somebody on call at home is told that she does not learn of it'(browser) {
    const page = await open(browser, 'supervisor', '/');
    await page.click('[data-operator=on-call-first] .act button');
    await page.waitForSelector('dialog:has-text("Linka jí to neřekne")');
    await page.context().close();
  },

  async 'on a wall where all is wrong nothing is below the edge'(browser) {
    for (const language of ['cs', 'en', 'uk']) {
      const page = await open(browser, 'wall', '/wall', { viewport: { width: 1_920, height: 1_080 }, language });
      await scene({ scene: 'sick' });
      await page.waitForFunction(() => document.querySelectorAll('.bad').length === 7);
      const below = await page.evaluate(() => document.documentElement.scrollHeight - innerHeight);
      assert.ok(below <= 0, `${language}: ${below} px are below the edge`);
      await page.context().close();
    }
  },
};

process.on('exit', () => server?.kill());
await start();
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
let failed = 0;
const [only] = process.argv.slice(2);
for (const [name, behaves] of Object.entries(BEHAVIOURS).filter(([name]) => !only || name.includes(only))) {
  await scene({ scene: 'day', due: 'nothing' });
  try {
    await behaves(browser);
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}: ${error}`);
  }
}
await browser.close();
process.exit(failed === 0 ? 0 : 1);

// A wallboard in a real browser that tells how long changes take to its screen.

import { chromium } from 'playwright-core';

/**
 * Runs in the page before anything of it. A change is on the screen with the first picture after the page has taken it in: the frame that comes after
 * the next one has been asked for. Server and browser have the same clock here.
 */
function watch() {
  const now = () => performance.timeOrigin + performance.now();
  const told = [];
  const took = [];
  globalThis.took = took;
  const Source = globalThis.EventSource;
  globalThis.EventSource = class extends Source {
    constructor(...all) {
      super(...all);
      this.addEventListener('change', (event) => told.push(JSON.parse(event.data).at_ms));
    }
  };
  const shown = (atMs) => {
    let at = told.findIndex((one) => one > atMs);
    if (at < 0) at = told.length;
    const these = told.splice(0, at);
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => took.push(...these.map((one) => now() - one));
      port2.postMessage(undefined);
    });
  };
  const observer = new MutationObserver(() => shown(Number(document.querySelector('[data-at]')?.dataset.at)));
  observer.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-at'] });
}

export class Screen {
  #page;

  constructor(page) {
    this.#page = page;
  }

  static async open(executablePath, signIn) {
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.addInitScript(watch);
    await signIn(page);
    await page.waitForSelector('[data-at]');
    return new Screen(page);
  }

  /** How long all changes took so far. */
  async told() {
    const took = (await this.#page.evaluate('took')).toSorted((one, other) => one - other);
    const of = (share) => (took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0).toFixed(1);
    return `p50 ${of(0.5)} ms, p99 ${of(0.99)} ms, worst ${of(1)} ms of ${took.length} changes`;
  }
}

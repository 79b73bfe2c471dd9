// Opens live feeds and only counts what comes: for measuring what screens cost a call.
//
// Usage: node feeds.mjs BASE FIRST_SIGN_IN_FILE COUNT [CHROMIUM]. Tells `open` once all are open, then every second how many changes all of them heard
// so far. With CHROMIUM a wallboard is open beside them in a real browser, and every second it is told how long changes took to its screen.

import { connect } from 'node:net';

import { people, signIn } from './people.mjs';
import { Screen } from './screen.mjs';

/** How many feeds one key may have open. */
const FEEDS_OF_ONE = 64;
const ENDS_CHANGE = Buffer.from('event: change');

const [base, firstSignIn, countText, chromium] = process.argv.slice(2);
const count = Number(countText);
const { hostname, port } = new URL(base);
const { admin, sona } = await people(base, firstSignIn, chromium ? [['sona', 'Soňa', 'supervisor']] : []);
const tokens = await admin.keys(Math.ceil(count / FEEDS_OF_ONE));
let changes = 0;

function open(token) {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(`GET /api/v1/feed HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    });
    socket.once('data', (head) => {
      if (!head.includes(' 200 ')) reject(new Error(head.toString().split('\r\n', 1)[0]));
      resolve();
    });
    socket.on('data', (part) => {
      for (let at = part.indexOf(ENDS_CHANGE); at >= 0; at = part.indexOf(ENDS_CHANGE, at + 1)) changes += 1;
    });
    socket.on('error', reject);
    socket.on('close', () => {
      console.log('a feed was closed');
      process.exit(1);
    });
  });
}

for (let at = 0; at < count; at += 1) await open(tokens[Math.floor(at / FEEDS_OF_ONE)]);
const screen = chromium ? await Screen.open(chromium, (page) => signIn(page, base, sona)) : undefined;
console.log('open');
setInterval(async () => {
  console.log(`heard ${changes}`);
  if (screen) console.log(`screen ${await screen.told()}`);
}, 1_000);

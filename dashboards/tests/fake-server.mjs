// Serves the built pages and plays a live feed, for trying them out without an exchange: `node tests/fake-server.mjs [PORT]`.
// Anybody signs in by the name of a role; the password `code` asks for a one-time code. `PUT /fake/scene` sets what the feed tells.

import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

import { FIELDS, SCENES, arrived, counts, forWall, hours, overlapping, story, tables } from './fake-scenes.mjs';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; media-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
const ROLES = ['operator', 'supervisor', 'administrator', 'auditor', 'wall'];
const TICK_MS = 1_000;
const CROWD_MS = 50;

let scene = 'day';
let due = 'nothing';
let isSilent = false;
let listeners = new Set();
let accounts = ROLES.map((role, index) => ({
  id: String(index + 1),
  login: role === 'operator' ? 'jana' : role,
  display_name: role === 'operator' ? 'Jana' : `${role[0].toUpperCase()}${role.slice(1)}`,
  role,
  standing: index === 3 ? 'disabled' : 'active',
  password_due: index === 1,
  totp: index === 2,
  provider: index === 0,
}));

const DAY_MS = 86_400_000;
let keys = [
  {
    id: '1',
    name: 'kiosk',
    scopes: ['read-board'],
    created_ms: Date.now() - 40 * DAY_MS,
    expires_ms: Date.now() + 50 * DAY_MS,
    made_by: '3',
    revoked: false,
  },
  {
    id: '2',
    name: 'statistics',
    scopes: ['read-reports', 'read-audit'],
    created_ms: Date.now() - 90 * DAY_MS,
    expires_ms: Date.now() - DAY_MS,
    made_by: '3',
    revoked: false,
  },
  {
    id: '3',
    name: 'old-kiosk',
    scopes: ['read-board'],
    created_ms: Date.now() - 80 * DAY_MS,
    expires_ms: Date.now() + DAY_MS,
    made_by: '3',
    revoked: true,
  },
];
const session_of = (id, hours, more) => ({
  id,
  created_ms: Date.now() - hours * 3_600_000,
  last_seen_ms: Date.now() - hours * 60_000,
  expires_ms: Date.now() + 5 * DAY_MS,
  device: 'known',
  current: false,
  ...more,
});
let sessions = [session_of('1', 60, { device: 'new' }), session_of('2', 30), session_of('3', 1, { current: true })];

const LOCKOUTS = [
  { id: '1', login: 'jana', network: '10.0.0.0/24', failures: 5 },
  { id: '2', login: null, network: '203.0.113.0/24', failures: 7 },
  { id: '3', login: 'supervisor', network: null, failures: 5 },
];

function role(request) {
  return /role=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
}

function signedIn(name) {
  return {
    login: name === 'operator' ? 'jana' : name,
    display_name: name === 'operator' ? 'Jana' : name,
    role: name,
    due,
  };
}

function answer(response, status, body, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', 'content-security-policy': POLICY, ...headers });
  response.end(body === undefined ? '' : JSON.stringify(body));
}

function problem(response, status, kind, detail = '', headers = {}) {
  answer(
    response,
    status,
    { type: `/problems/${kind}`, title: kind, status, detail },
    { 'content-type': 'application/problem+json', ...headers },
  );
}

function tell(listener, event, parts) {
  const told = listener.role === 'wall' ? forWall(parts) : parts;
  listener.response.write(`event: ${event}\nid: 1-${Date.now()}\ndata: ${JSON.stringify(told)}\n\n`);
}

function open(request, response) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const listener = { response, role: role(request) };
  listeners.add(listener);
  response.on('close', () => listeners.delete(listener));
  tell(listener, 'snapshot', SCENES[scene](Date.now()));
}

setInterval(() => {
  if (isSilent) return;
  for (const listener of listeners) tell(listener, 'change', { at_ms: Date.now() });
}, TICK_MS);

// In a crowd somebody always comes or goes.
setInterval(() => {
  if (scene !== 'crowd') return;
  const [at, id] = [Date.now(), String(1_000 + Math.floor(Math.random() * 5_000))];
  const [contact] = SCENES.crowd(at).contacts;
  for (const listener of listeners)
    tell(listener, 'change', { at_ms: at, contacts: [{ ...contact, id, arrived_ms: at - 60_000 }] });
}, CROWD_MS);

function page(path, response) {
  const name = extname(path) === '' ? 'index.html' : normalize(path);
  const file = join(DIST, name);
  if (!file.startsWith(DIST) || !existsSync(file)) return problem(response, 404, 'not-found');
  response.writeHead(200, {
    'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
    'content-security-policy': POLICY,
  });
  createReadStream(file).pipe(response);
}

function session(request, response, body) {
  if (request.method === 'DELETE')
    return answer(response, 204, undefined, { 'set-cookie': 'role=; Path=/; Max-Age=0' });
  if (request.method === 'GET') {
    const name = role(request);
    return name ? answer(response, 200, signedIn(name)) : problem(response, 401, 'not-signed-in');
  }
  if (body.password === 'locked') return problem(response, 429, 'too-many', '', { 'retry-after': '840' });
  if (!ROLES.includes(body.login)) return problem(response, 401, 'wrong-credentials');
  if (body.password === 'code' && body.code !== '123456')
    return problem(response, 401, body.code ? 'wrong-credentials' : 'code-needed');
  return answer(response, 200, signedIn(body.login), { 'set-cookie': `role=${body.login}; Path=/` });
}

function countsOf(from, to) {
  const { formulas, periods, missed } = counts();
  return { formulas, periods: overlapping(periods, from, to), missed: overlapping(missed, from, to) };
}

/** What the routes that change nothing here answer. */
function read(path, query) {
  if (path === '/api/v1/content-fields') return FIELDS;
  if (path === '/api/v1/me/finished') return [];
  if (path.endsWith('/content')) return { fields: {} };
  if (path === '/api/v1/reports/counts') return countsOf(query.get('from'), query.get('to'));
  if (path === '/api/v1/reports/tables')
    return { months: overlapping(tables().months, query.get('from'), query.get('to')) };
  if (path === '/api/v1/reports/hours') return overlapping(hours(), query.get('from'), query.get('to'));
  if (path === '/api/v1/reports/arrived') return arrived(Number(query.get('from_ms')));
  if (path === '/api/v1/accounts') return accounts;
  if (path === '/api/v1/api-keys') return keys;
  if (path === '/api/v1/sessions') return sessions;
  if (path === '/api/v1/lockouts') return LOCKOUTS.map((one) => ({ ...one, until_ms: Date.now() + 600_000 }));
  if (path === '/api/v1/audit') return audit(Number(query.get('before') ?? 900));
  const contact = /^\/api\/v1\/contacts\/(\d+)$/.exec(path)?.[1];
  return contact === undefined ? undefined : story(Date.now(), contact);
}

function audit(before) {
  const events = [
    { by: 'a supervisor on shift', what: 'class_changed', class: 'danger', times: 2 },
    { by: 'jana', what: 'signed_in' },
    null,
    { by: 'administrator', what: 'account_changed', login: 'jana', change: 'changed' },
    { by: 'auditor', what: 'exported', report: 'counts', from: '2026-10-01', to: '2026-10-31' },
    { by: 'auditor', what: 'read', report: 'records', from: '2026-10-01', to: '2026-10-31' },
    { by: 'command line', what: 'withdrawn', rows: 41, parts: 3, classes: 2 },
    { by: 'supervisor', what: 'operator_set', operator: 'hana', wants: 'paused' },
  ];
  return Array.from({ length: Math.min(500, before - 1) }, (_, index) => ({
    seq: before - 1 - index,
    day: '2026-11-23',
    event: events[index % events.length],
  }));
}

function scenes(body, response) {
  scene = body.scene ?? scene;
  due = body.due ?? due;
  isSilent = body.isSilent ?? false;
  for (const listener of listeners) {
    if (body.hangUp) listener.response.end();
    else if (body.tap)
      listener.response.write(`event: tap\ndata: ${JSON.stringify({ contact: '901', key: body.tap })}\n\n`);
    else tell(listener, 'snapshot', SCENES[scene](Date.now()));
  }
  answer(response, 204);
}

function route(request, response, body) {
  const { pathname: path, searchParams: query } = new URL(request.url, 'http://localhost');
  if (path === '/fake/scene') return scenes(body, response);
  if (!path.startsWith('/api/')) return page(path, response);
  if (path === '/api/v1/session') return session(request, response, body);
  if (path === '/api/v1/session/provider') return answer(response, 200, { name: null });
  if (!role(request)) return problem(response, 401, 'not-signed-in');
  if (path === '/api/v1/feed') return open(request, response);
  if (path === '/api/v1/session/totp' && request.method === 'POST') {
    return answer(response, 200, {
      secret_base32: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
      uri: 'otpauth://totp/Linka:jana?secret=JBSWY3DPEHPK3PXP&issuer=Linka',
    });
  }
  if (path === '/api/v1/accounts' && request.method === 'POST')
    return answer(response, 200, {
      account: { ...accounts[0], ...body, id: '9' },
      one_time_password: 'kolovrat-7-ticho-32',
    });
  if (path === '/api/v1/api-keys' && request.method === 'POST') {
    const key = {
      id: String(keys.length + 1),
      name: body.name,
      scopes: body.scopes,
      created_ms: Date.now(),
      expires_ms: Date.now() + body.days * DAY_MS,
      made_by: '3',
      revoked: false,
    };
    keys = [...keys, key];
    return answer(response, 201, { key, token: 'linka_key_dGhpcyBpcyBubyBrZXkgb2YgYW55Ym9keQ' });
  }
  if (path.startsWith('/api/v1/api-keys/') && request.method === 'DELETE') {
    keys = keys.map((key) => (path.endsWith(`/${key.id}`) ? { ...key, revoked: true } : key));
    return answer(response, 204);
  }
  if (path.startsWith('/api/v1/sessions') && request.method === 'DELETE') {
    sessions = sessions.filter((one) => one.current || (path !== '/api/v1/sessions' && !path.endsWith(`/${one.id}`)));
    return answer(response, 204);
  }
  if (path.endsWith('/password')) return answer(response, 200, { one_time_password: 'kolovrat-7-ticho-32' });
  if (path.endsWith('/content') && request.method === 'PATCH') return answer(response, 200, { fields: body.fields });
  if (path.endsWith('/operator')) return problem(response, 409, 'conflict', 'the operator is not free');
  if (request.method !== 'GET') return answer(response, 204);
  const told = read(path, query);
  return told === undefined ? problem(response, 404, 'not-found') : answer(response, 200, told);
}

const port = Number(process.argv[2] ?? 4_173);
createServer((request, response) => {
  let text = '';
  request.on('data', (chunk) => (text += chunk));
  request.on('end', () => route(request, response, text === '' ? {} : JSON.parse(text)));
}).listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}`));

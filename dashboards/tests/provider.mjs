// An OpenID Connect provider of this machine, as certified implementations are: `node tests/provider.mjs REDIRECT_URI [CERTIFICATE KEY]`; by HTTPS
// with a certificate.
//
// It prints {"issuer": ADDRESS} once it is ready. Whoever comes there says herself who she is and how she proved it; there is one client, `linka`.

import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';

import { Provider } from 'oidc-provider';

const CLIENT = 'linka';
const SECRET = 'the secret of the client';
const BODY_BYTES_MAX = 4_096;

const [callback, certificate, key] = process.argv.slice(2);
const server = certificate
  ? createSecureServer({ cert: readFileSync(certificate), key: readFileSync(key) })
  : createServer();
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `${certificate ? 'https' : 'http'}://127.0.0.1:${server.address().port}`;

/** Login names by subject. */
const people = new Map();

// By way of its text: a key that was just generated stays tied to what generated it, and Node.js 20 stands still for ever when it collects that while
// the key is exported.
const { privateKey: text } = generateKeyPairSync('rsa', {
  modulusLength: 2_048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const privateKey = createPrivateKey(text);
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: CLIENT,
      client_secret: SECRET,
      redirect_uris: [callback],
      response_types: ['code'],
      grant_types: ['authorization_code'],
    },
  ],
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'first', use: 'sig', alg: 'RS256' }] },
  cookies: { keys: ['nothing here is worth a secret'] },
  claims: { openid: ['sub', 'amr', 'acr'], profile: ['preferred_username'] },
  features: { devInteractions: { enabled: false } },
  pkce: { required: () => true },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, subject) => ({
    accountId: subject,
    claims: () => ({ sub: subject, preferred_username: people.get(subject) }),
  }),
});

const PAGE = `<!doctype html><html lang="en"><title>Provider</title><link rel="icon" href="data:,"><h1>Who are you?</h1><form method="post">
<label>Name at the provider <input name="login"></label>
<label>Subject <input name="subject"></label>
<label>Methods <input name="methods"></label>
<button name="act" value="enter">Continue</button><button name="act" value="refuse">Refuse</button></form></html>`;

async function formOf(request) {
  let text = '';
  for await (const part of request) {
    text += part;
    if (text.length > BODY_BYTES_MAX) throw new Error('the form is too long');
  }
  return new URLSearchParams(text);
}

async function interact(request, response) {
  const { params } = await provider.interactionDetails(request, response);
  if (request.method === 'GET') {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(PAGE);
    return;
  }
  const form = await formOf(request);
  if (form.get('act') === 'refuse') {
    await provider.interactionFinished(request, response, { error: 'access_denied' });
    return;
  }
  const accountId = form.get('subject');
  people.set(accountId, form.get('login'));
  const grant = new provider.Grant({ accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const amr = form
    .get('methods')
    .split(' ')
    .filter((method) => method !== '');
  const login = { accountId, remember: false, ...(amr.length > 0 && { amr }) };
  await provider.interactionFinished(request, response, { login, consent: { grantId: await grant.save() } });
}

const serve = provider.callback();
server.on('request', (request, response) => {
  if (!request.url.startsWith('/interaction/')) return serve(request, response);
  return interact(request, response).catch((error) => {
    response.statusCode = 500;
    response.end(String(error));
  });
});
process.stdout.write(`${JSON.stringify({ issuer })}\n`);

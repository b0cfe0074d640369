// A certified OpenID Provider, npm oidc-provider, as the home of guests. Everybody has an account: whoever signs in as
// `mona` has the address `mona@mountain.example`.
//
// SIGNING         RS256 or ES256: what ID tokens are signed with
// EMAIL_VERIFIED  true, false or absent: what is said about addresses
//
// Prints one line of JSON when it is ready: {"url": …}. POST /test/rotate replaces the signing key; sessions stay.

import { generateKeyPairSync, randomUUID } from "node:crypto";
import http from "node:http";
import Provider from "oidc-provider";

const { SIGNING = "RS256", EMAIL_VERIFIED = "true" } = process.env;

function newKey() {
  const { privateKey } =
    SIGNING === "ES256"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), alg: SIGNING, use: "sig" };
}

function claimsOf(id) {
  const claims = { sub: id, email: `${id}@mountain.example`, name: `${id} of the mountain` };
  return EMAIL_VERIFIED === "absent" ? claims : { ...claims, email_verified: EMAIL_VERIFIED === "true" };
}

// What the provider remembers outlives the provider, whose keys are given once.
const shelf = new Map();

class Shelf {
  constructor(model) {
    this.model = model;
  }
  key(id) {
    return `${this.model}:${id}`;
  }
  async upsert(id, payload) {
    shelf.set(this.key(id), payload);
  }
  async find(id) {
    return shelf.get(this.key(id));
  }
  async findByUid(uid) {
    return [...shelf.values()].find((payload) => payload.kind === this.model && payload.uid === uid);
  }
  async consume(id) {
    shelf.get(this.key(id)).consumed = Math.floor(Date.now() / 1000);
  }
  async destroy(id) {
    shelf.delete(this.key(id));
  }
  async revokeByGrantId(grantId) {
    for (const [key, payload] of shelf) if (payload.grantId === grantId) shelf.delete(key);
  }
}

function newProvider(url) {
  const provider = new Provider(url, {
    adapter: Shelf,
    jwks: { keys: [newKey()] },
    claims: {
      openid: ["sub"],
      profile: ["name"],
      email: EMAIL_VERIFIED === "absent" ? ["email"] : ["email", "email_verified"],
    },
    cookies: { keys: [cookieKey] },
    enabledJWA: { idTokenSigningAlgValues: [SIGNING] },
    clientDefaults: { id_token_signed_response_alg: SIGNING },
    features: { backchannelLogout: { enabled: true }, registration: { enabled: true } },
    // Its own refuses addresses of this machine, by the dispatcher among the options.
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
    findAccount: (_, id) => ({ accountId: id, claims: () => claimsOf(id) }),
    pkce: { required: () => true },
  });
  provider.on("server_error", (_, error) => console.error(error));
  provider.on("backchannel.error", (_, error) => console.error(error));
  return provider.callback();
}

const cookieKey = randomUUID();
let answer;
const server = http.createServer((request, response) => {
  if (request.method === "POST" && request.url === "/test/rotate") {
    answer = newProvider(url);
    response.end();
  } else {
    answer(request, response);
  }
});
server.listen(0, "127.0.0.1");
await new Promise((listening) => server.once("listening", listening));
const url = `http://127.0.0.1:${server.address().port}`;
answer = newProvider(url);
console.log(JSON.stringify({ url }));

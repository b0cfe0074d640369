// A certified client library, npm openid-client, as an application of the organization, with its strict defaults: only
// plain http on this machine is allowed on top. Everything it learns it answers as JSON; what it refuses is a 400.
//
// SIGNING     RS256, PS256, ES256 or EdDSA: what it was registered to get ID tokens signed with
// FEATURES    any of dpop, jar, jarm, par, with commas: what it does besides
// DECRYPTING  RSA-OAEP-256, ECDH-ES or ECDH-ES+A256KW: answers may be encrypted to it this way; every signature is checked
// REGISTERED  more of its registration as JSON, by RFC 7591 names
//
// Prints one line of JSON when it is ready: {"url": …, "jwks": …}. POST /test/configure says who it is and at whom.

import { generateKeyPairSync } from "node:crypto";
import { createRemoteJWKSet, jwtVerify } from "jose";
import * as client from "openid-client";
import { serve } from "./serve.mjs";

const { SIGNING = "RS256", FEATURES = "", DECRYPTING, REGISTERED = "{}" } = process.env;
const features = new Set(FEATURES.split(","));
const FORWARDED = ["claims", "max_age", "prompt", "response_mode", "scope", "login_hint", "resource"];

const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
const publicKey = { ...keys.publicKey.export({ format: "jwk" }), kid: "app", alg: "ES256", use: "sig" };

const decrypting = DECRYPTING && (await decryptionKeys(DECRYPTING.startsWith("RSA")));

async function decryptionKeys(isRsa) {
  const rsa = { name: "RSA-OAEP", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
  const ecdh = { name: "ECDH", namedCurve: "P-256" };
  return crypto.subtle.generateKey(isRsa ? rsa : ecdh, true, isRsa ? ["decrypt", "unwrapKey"] : ["deriveBits"]);
}

async function publicKeys() {
  if (!DECRYPTING) return [publicKey];
  const { kty, crv, x, y, n, e } = await crypto.subtle.exportKey("jwk", decrypting.publicKey);
  return [publicKey, { kty, crv, x, y, n, e, kid: "sealed", use: "enc", alg: DECRYPTING }];
}

let config;
// For every request: proves possession of a key where that is asked for.
let proving;
let tokens;
let polling;
const flows = new Map();
const loggedOut = [];
// Everything it was trusted with.
const secrets = [];

async function signingKey() {
  const jwk = keys.privateKey.export({ format: "jwk" });
  const ecdsa = { name: "ECDSA", namedCurve: "P-256" };
  const key = await crypto.subtle.importKey("jwk", jwk, ecdsa, false, ["sign"]);
  return { key, kid: publicKey.kid };
}

async function clientAuth(method, secret) {
  if (method === "client_secret_basic") return client.ClientSecretBasic(secret);
  if (method === "client_secret_post") return client.ClientSecretPost(secret);
  if (method === "client_secret_jwt") return client.ClientSecretJwt(secret);
  return client.PrivateKeyJwt(await signingKey());
}

async function configure({ issuer, client_id, method, secret, algorithm }) {
  config = await client.discovery(
    new URL(issuer),
    client_id,
    {
      id_token_signed_response_alg: SIGNING,
      authorization_signed_response_alg: SIGNING,
      ...JSON.parse(REGISTERED),
    },
    await clientAuth(method, secret),
    { algorithm, execute: [client.allowInsecureRequests] },
  );
  if (features.has("jarm")) client.useJwtResponseMode(config);
  const pair = await client.randomDPoPKeyPair("ES256");
  proving = features.has("dpop") ? { DPoP: client.getDPoPHandle(config, pair) } : {};
  if (DECRYPTING) {
    client.enableDecryptingResponses(config, ["A256GCM"], { key: decrypting.privateKey, alg: DECRYPTING, kid: "sealed" });
    client.enableNonRepudiationChecks(config);
  }
  return config.serverMetadata();
}

async function depart(query) {
  const flow = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
    idTokenExpected: true,
    ...(query.has("max_age") && { maxAge: Number(query.get("max_age")) }),
  };
  flows.set(flow.expectedState, flow);
  const wishes = FORWARDED.filter((name) => query.has(name)).map((name) => [name, query.get(name)]);
  let request = new URLSearchParams({
    redirect_uri: `${url}/callback`,
    scope: "openid profile email offline_access",
    code_challenge: await client.calculatePKCECodeChallenge(flow.pkceCodeVerifier),
    code_challenge_method: "S256",
    state: flow.expectedState,
    nonce: flow.expectedNonce,
    ...Object.fromEntries(wishes),
  });
  // A careless client.
  for (const name of query.getAll("without")) request.delete(name);
  if (features.has("jar")) {
    request = (await client.buildAuthorizationUrlWithJAR(config, request, await signingKey())).searchParams;
  }
  return features.has("par") || query.has("pushed")
    ? client.buildAuthorizationUrlWithPAR(config, request, proving)
    : client.buildAuthorizationUrl(config, request);
}

// Which of its requests an answer belongs to; the library verifies the answer.
function stateOf(parameters) {
  const signed = parameters.get("response");
  return signed ? JSON.parse(Buffer.from(signed.split(".")[1], "base64url")).state : parameters.get("state");
}

async function arrive(answer, parameters) {
  const flow = flows.get(stateOf(parameters));
  flows.delete(stateOf(parameters));
  secrets.push(parameters.get("code"), flow?.pkceCodeVerifier);
  tokens = await client.authorizationCodeGrant(config, answer, flow, undefined, proving);
  secrets.push(tokens.access_token, tokens.refresh_token, tokens.id_token);
  const claims = tokens.claims();
  return {
    claims,
    userinfo: await client.fetchUserInfo(config, tokens.access_token, claims.sub, proving),
    scope: tokens.scope,
    token_type: tokens.token_type,
    by: answer instanceof Request ? "form_post" : "query",
  };
}

async function refresh(used) {
  const next = await client.refreshTokenGrant(config, used, undefined, proving);
  const rotated = next.refresh_token !== used;
  const before = tokens.refresh_token;
  secrets.push(next.access_token, next.refresh_token, next.id_token);
  tokens = { ...next, claims: next.claims, id_token: next.id_token ?? tokens.id_token };
  return { rotated, before, claims: next.claims(), scope: next.scope };
}

const payload = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));

// Tokens for another resource of the same grant.
async function at(resource) {
  tokens = await client.refreshTokenGrant(config, tokens.refresh_token, { resource });
  return { claims: payload(tokens.access_token), scope: tokens.scope };
}

// A token to call on with.
async function exchanged(audience) {
  const access_token = "urn:ietf:params:oauth:token-type:access_token";
  const grant = "urn:ietf:params:oauth:grant-type:token-exchange";
  const subject = { subject_token: tokens.access_token, subject_token_type: access_token };
  const next = await client.genericGrantRequest(config, grant, { ...subject, audience });
  const { issued_token_type, scope, refresh_token } = next;
  return { claims: payload(next.access_token), issued_token_type, scope, refresh_token };
}

async function byItself() {
  const { token_type, expires_in, scope, refresh_token } = await client.clientCredentialsGrant(config, undefined, proving);
  return { token_type, expires_in, scope, refresh_token };
}

// Polls by itself from now on; GET /device says what came of it.
async function device() {
  const told = await client.initiateDeviceAuthorization(config, { scope: "openid email offline_access" });
  polling = client.pollDeviceAuthorizationGrant(config, told);
  polling.catch(() => {});
  return told;
}

async function connected() {
  tokens = await polling;
  return { claims: tokens.claims(), scope: tokens.scope };
}

const kinds = ["access_token", "refresh_token"];

async function introspected() {
  const asked = kinds.map((kind) => client.tokenIntrospection(config, tokens[kind], { token_type_hint: kind }));
  const [access, refresh] = await Promise.all(asked);
  return { access, refresh };
}

async function revoked(kind) {
  await client.tokenRevocation(config, tokens[kind], { token_type_hint: kind });
  return introspected();
}

const signOut = () =>
  client.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: `${url}/signed-out`,
    state: "bye",
  });

// OIDC Back-Channel Logout §2.6, as a careful client does it.
async function hear(body) {
  const { issuer, jwks_uri } = config.serverMetadata();
  const { payload } = await jwtVerify(
    new URLSearchParams(body).get("logout_token"),
    createRemoteJWKSet(new URL(jwks_uri)),
    {
      issuer,
      audience: config.clientMetadata().client_id,
      typ: "logout+jwt",
      algorithms: [SIGNING],
      maxTokenAge: "2 minutes",
      requiredClaims: ["iat", "exp", "jti", "events", "sub", "sid"],
    },
  );
  const event = payload.events["http://schemas.openid.net/event/backchannel-logout"];
  if (typeof event !== "object" || "nonce" in payload) throw new Error("not a logout token");
  loggedOut.push(payload);
  return {};
}

// Each answers JSON, or a URL to go to.
const routes = {
  "POST /test/configure": (_, body) => configure(JSON.parse(body)),
  "GET /login": ({ searchParams }) => depart(searchParams),
  "GET /callback": (here) => arrive(here, here.searchParams),
  "POST /callback": (here, body) => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return arrive(new Request(here, { method: "POST", headers, body }), new URLSearchParams(body));
  },
  "POST /refresh": () => refresh(tokens.refresh_token),
  "POST /refresh-with": (_, body) => refresh(body),
  "POST /at": (_, resource) => at(resource),
  "POST /exchange": (_, audience) => exchanged(audience),
  "POST /client-credentials": byItself,
  "POST /device": device,
  "GET /device": connected,
  "POST /introspect": introspected,
  "POST /revoke": (_, kind) => revoked(kind),
  "POST /backchannel-logout": (_, body) => hear(body),
  "GET /test/logged-out": () => loggedOut,
  "GET /test/secrets": () => secrets.filter(Boolean),
  "GET /logout": signOut,
  "GET /signed-out": ({ searchParams }) => ({ signed_out: true, state: searchParams.get("state") }),
};

const url = await serve(routes);
console.log(JSON.stringify({ url, jwks: { keys: await publicKeys() } }));

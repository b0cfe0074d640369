// npm oauth4webapi, step by step and with every check it has, as an application of the organization and as an API that
// takes the application's access tokens (RFC 9068). Everything it learns it answers as JSON; what it refuses is a 400.
//
// Prints one line of JSON when it is ready: {"url": …}. POST /test/configure says who it is and at whom.

import * as oauth from "oauth4webapi";
import { serve } from "./serve.mjs";

const plain = { [oauth.allowInsecureRequests]: true };

let server;
let client;
let auth;
let tokens;
let claims;
const flows = new Map();

async function configure({ issuer, client_id, secret, algorithm }) {
  const response = await oauth.discoveryRequest(new URL(issuer), { algorithm, ...plain });
  server = await oauth.processDiscoveryResponse(new URL(issuer), response);
  client = { client_id, require_auth_time: true };
  auth = oauth.ClientSecretBasic(secret);
  return server;
}

async function depart() {
  const flow = {
    verifier: oauth.generateRandomCodeVerifier(),
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
  };
  flows.set(flow.state, flow);
  const parameters = {
    client_id: client.client_id,
    redirect_uri: `${url}/callback`,
    response_type: "code",
    scope: "openid profile email offline_access",
    code_challenge: await oauth.calculatePKCECodeChallenge(flow.verifier),
    code_challenge_method: "S256",
    state: flow.state,
    nonce: flow.nonce,
  };
  const response = await oauth.pushedAuthorizationRequest(server, client, auth, parameters, plain);
  const pushed = await oauth.processPushedAuthorizationResponse(server, client, response);
  const there = new URL(server.authorization_endpoint);
  there.searchParams.set("client_id", client.client_id);
  there.searchParams.set("request_uri", pushed.request_uri);
  return there;
}

async function arrive(here) {
  const { verifier, state, nonce } = flows.get(here.searchParams.get("state"));
  flows.delete(state);
  const parameters = oauth.validateAuthResponse(server, client, here, state);
  const response = await oauth.authorizationCodeGrantRequest(
    server, client, auth, parameters, `${url}/callback`, verifier, plain,
  );
  const expected = { expectedNonce: nonce, requireIdToken: true };
  tokens = await oauth.processAuthorizationCodeResponse(server, client, response, expected);
  await oauth.validateApplicationLevelSignature(server, response, plain);
  claims = oauth.getValidatedIdTokenClaims(tokens);
  return { claims, userinfo: await userinfo(), scope: tokens.scope };
}

async function userinfo() {
  const response = await oauth.userInfoRequest(server, client, tokens.access_token, plain);
  return oauth.processUserInfoResponse(server, client, claims.sub, response);
}

async function refresh(used) {
  const response = await oauth.refreshTokenGrantRequest(server, client, auth, used, plain);
  const next = await oauth.processRefreshTokenResponse(server, client, response);
  await oauth.validateApplicationLevelSignature(server, response, plain);
  const rotated = next.refresh_token !== used;
  tokens = next;
  return { rotated, claims: oauth.getValidatedIdTokenClaims(next), userinfo: await userinfo() };
}

async function introspected() {
  const kinds = ["access_token", "refresh_token"];
  const answers = kinds.map(async (kind) => {
    const options = { additionalParameters: { token_type_hint: kind }, ...plain };
    const response = await oauth.introspectionRequest(server, client, auth, tokens[kind], options);
    return oauth.processIntrospectionResponse(server, client, response);
  });
  const [access, refresh] = await Promise.all(answers);
  return { access, refresh };
}

async function revoked(kind) {
  const options = { additionalParameters: { token_type_hint: kind }, ...plain };
  const response = await oauth.revocationRequest(server, client, auth, tokens[kind], options);
  await oauth.processRevocationResponse(response);
  return introspected();
}

// The API: an access token is accepted for what it says, without asking.
async function accessed(audience) {
  const headers = { authorization: `Bearer ${tokens.access_token}` };
  const request = new Request(`${url}/resource`, { headers });
  return oauth.validateJwtAccessToken(server, request, audience, plain);
}

// The API at the organization itself says where its tokens come from (RFC 9728).
async function discovered(resource) {
  const response = await oauth.resourceDiscoveryRequest(new URL(resource), plain);
  return oauth.processResourceDiscoveryResponse(new URL(resource), response);
}

const url = await serve({
  "POST /test/configure": (_, body) => configure(JSON.parse(body)),
  "GET /login": depart,
  "GET /callback": arrive,
  "POST /refresh": () => refresh(tokens.refresh_token),
  "POST /introspect": introspected,
  "POST /revoke": (_, kind) => revoked(kind),
  "POST /resource": (_, audience) => accessed(audience),
  "POST /discover-resource": (_, resource) => discovered(resource),
});
console.log(JSON.stringify({ url }));

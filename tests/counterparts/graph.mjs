// npm @microsoft/microsoft-graph-client, as the model product's documentation uses it: only base address and credential
// are others. It hands its token to https alone, so this also terminates TLS in front of the server.
//
// Takes certificate and key (PEM) from CERTIFICATE and KEY. Prints one line of JSON when it is ready: {"url": …, "front": …}.
// POST /test/configure says where the server is and with which token, POST /test/run runs the samples.

import http from "node:http";
import https from "node:https";
import { Client, PageIterator } from "@microsoft/microsoft-graph-client";
import { serve } from "./serve.mjs";

let target;
let client;

const front = https.createServer({ cert: process.env.CERTIFICATE, key: process.env.KEY }, (request, response) => {
  const { method, headers, url: path } = request;
  const onward = http.request(new URL(path, target), { method, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  request.pipe(onward);
});
front.listen(0, "127.0.0.1");
await new Promise((listening) => front.once("listening", listening));
const frontUrl = `https://localhost:${front.address().port}`;

async function configure({ server, token }) {
  target = server;
  client = Client.init({
    baseUrl: `${frontUrl}/t/harbor/`,
    customHosts: new Set(["localhost"]),
    authProvider: (done) => done(null, token),
  });
}

// Every page, as the library walks them.
async function all(request) {
  const found = [];
  const iterator = new PageIterator(client, await request.get(), (item) => found.push(item) > 0);
  await iterator.iterate();
  return found;
}

const invite = (email, landing, more = {}) =>
  client.api("/invitations").post({ invitedUserEmailAddress: email, inviteRedirectUrl: landing, ...more });

async function refused(promise) {
  const error = await promise.then(() => undefined, (error) => error);
  if (!error) throw new Error("nothing was refused");
  return { status: error.statusCode, code: error.code, body: JSON.parse(error.body) };
}

async function run({ landing, group, sponsor, member }) {
  const invitation = await invite("admin@fabrikam.example", landing);
  for (const name of ["ada", "bea", "cyd", "dea"]) {
    await invite(`${name}@fjord.example`, landing, { invitedUserDisplayName: name });
  }
  const { id } = invitation.invitedUser;
  const user = `/users/${id}`;
  const pending = client
    .api("/users")
    .filter("externalUserState eq 'PendingAcceptance' and endsWith(mail,'@fjord.example')")
    .select("id,displayName,mail,externalUserState")
    .orderby("displayName desc")
    .top(2);
  const listed = await all(pending);
  const one = await client.api(user).select(["mail", "userType", "externalUserState", "creationType"]).get();
  await client.api(user).patch({ displayName: "Fabrikam Admin", givenName: "Fa", surname: null });
  const changed = await client.api(user).get();
  const reference = (id) => ({ "@odata.id": `${frontUrl}/t/harbor/v1.0/directoryObjects/${id}` });
  await client.api(`/groups/${group}/members/$ref`).post(reference(id));
  const members = await client.api(`/groups/${group}/members`).get();
  const groups = await client.api(`${user}/memberOf`).get();
  await client.api(`/groups/${group}/members/${id}/$ref`).delete();
  const left = await client.api(`/groups/${group}/members`).get();
  await client.api(`${user}/sponsors/$ref`).post(reference(sponsor));
  const sponsors = await client.api(`${user}/sponsors`).get();
  await client.api(user).delete();
  const gone = await refused(client.api(user).get());
  const again = await refused(invite("admin@fabrikam.example", landing));
  const deleted = await client.api("/directory/deletedItems/microsoft.graph.user").get();
  await client.api(`/directory/deletedItems/${id}/restore`).post({});
  const restored = await client.api(user).get();
  const reset = await invite("admin@fabrikam.example", landing, { resetRedemption: true, invitedUser: { id } });
  return {
    invitation, listed, one, changed, members, groups, left, sponsors, gone, again, deleted, restored, reset,
    ofMember: await refused(invite(member, landing)),
    unknown: await refused(client.api("/users").filter("favouriteColour eq 'blue'").get()),
    nowhere: await refused(client.api("/teams").get()),
  };
}

const url = await serve({
  "POST /test/configure": (_, body) => configure(JSON.parse(body)),
  "POST /test/run": (_, body) => run(JSON.parse(body)),
});
console.log(JSON.stringify({ url, front: frontUrl }));

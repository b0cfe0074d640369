// npm oidc-client-ts in a page of its own origin, as single-page applications use it: the browser holds the tokens and
// talks to the token endpoint itself. This program only hands out the page and the library's own bundle.
//
// Prints one line of JSON when it is ready: {"url": …}. POST /test/configure says who it is and at whom.

import { readFile } from "node:fs/promises";
import http from "node:http";

const library = await readFile("node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js");
const script = await readFile("single-page.js");
const page = `<!doctype html><title>Application</title><h1>Application</h1>
<button id="sign-in">Sign in</button> <button id="renew">Renew</button> <button id="sign-out">Sign out</button>
<pre id="state">loading</pre>
<script src="/library.js"></script><script src="/page.js" type="module"></script>`;

let who = {};

const server = http.createServer(async (request, response) => {
  const send = (type, body) => response.writeHead(200, { "content-type": type }).end(body);
  if (request.method === "POST") {
    who = "";
    for await (const piece of request) who += piece;
    return send("application/json", "{}");
  }
  const path = new URL(request.url, "http://here").pathname;
  if (path === "/library.js") return send("text/javascript", library);
  if (path === "/page.js") return send("text/javascript", script);
  if (path === "/who.json") return send("application/json", who);
  if (path === "/favicon.ico") return response.writeHead(204).end();
  return send("text/html", page);
});
server.listen(0, "127.0.0.1");
await new Promise((listening) => server.once("listening", listening));
console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` }));

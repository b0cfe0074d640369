// The web server of applications in tests. A route answers JSON, or a URL to go to; what it throws is a 400.

import http from "node:http";

async function bodyOf(request) {
  let body = "";
  for await (const piece of request) body += piece;
  return body;
}

// Serves routes such as "GET /callback": (url, body) => answer, on a free port of 127.0.0.1; resolves to where that is.
export async function serve(routes) {
  const server = http.createServer(async (request, response) => {
    const here = new URL(request.url, url);
    const route = routes[`${request.method} ${here.pathname}`];
    const send = (status, value) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    };
    if (!route) return send(404, {});
    try {
      const result = await route(here, await bodyOf(request));
      if (result instanceof URL) response.writeHead(303, { location: result.href }).end();
      else send(200, result ?? null);
    } catch (error) {
      const { error: code, error_description: words, message, cause } = error;
      const refused = { error: code ?? error.code, words, message, cause: cause?.message ?? cause };
      send(400, { ...refused, at: error.response?.url });
    }
  });
  server.listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  const url = `http://127.0.0.1:${server.address().port}`;
  return url;
}

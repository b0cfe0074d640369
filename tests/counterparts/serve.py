"""The web server of applications in tests. A route answers JSON, or an address to go to; what it raises is a 400."""

import json
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


class GoTo(str):
    """An address to redirect to."""


def serve(routes, announce):
    """Serves routes such as "GET /callback": (url, query, body) -> answer, on a free port of 127.0.0.1.

    `announce` is given where that is, and returns what to print as one line of JSON when everything is ready.
    """

    class Application(BaseHTTPRequestHandler):
        def answer(self):
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            route = routes.get(f"{self.command} {parts.path}")
            if route is None:
                return self.send(404, {})
            try:
                result = route(url + self.path, dict(parse_qsl(parts.query)), body)
            except Exception as error:  # whatever a library objects to is its answer
                traceback.print_exc()
                code = getattr(error, "error", None)
                return self.send(400, {"error": code, "message": f"{type(error).__name__}: {error}"})
            if isinstance(result, GoTo):
                self.send_response(303)
                self.send_header("location", result)
                self.send_header("content-length", "0")
                self.end_headers()
            else:
                self.send(200, result)

        do_GET = do_POST = answer

        def send(self, status, value):
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Application)
    url = f"http://127.0.0.1:{server.server_port}"
    print(json.dumps({"url": url, **announce(url)}), flush=True)
    server.serve_forever()

"""An API that is always ready, on MAKEWHOLE_PORT."""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()


HTTPServer(("127.0.0.1", int(os.environ["MAKEWHOLE_PORT"])), Ready).serve_forever()

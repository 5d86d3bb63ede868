"""A shop that is told what happens: it verifies each webhook by the Python client and keeps what it was told.

    WEBHOOK_SECRET=whsec_… python -m tools.demo.parties.shop_system PORT HEARD.jsonl

It knows makewhole by `makewhole_client` alone.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from makewhole_client import WebhookVerifier
from makewhole_client.errors import WebhookRefused


def main(arguments: list[str]) -> None:
    verifier, heard = WebhookVerifier(os.environ["WEBHOOK_SECRET"]), Path(arguments[1])

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            try:
                event = verifier.verify(body, dict(self.headers))
            except WebhookRefused as refused:
                self._answer(401, {"refused": str(refused)})
            else:
                self._answer(204, {"event_id": self.headers["webhook-id"], "type": str(event.type)})

        def _answer(self, status: int, noted: dict[str, str]) -> None:
            with heard.open("a", encoding="utf-8") as book:
                book.write(json.dumps(noted) + "\n")
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    HTTPServer(("127.0.0.1", int(arguments[0])), Hook).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])

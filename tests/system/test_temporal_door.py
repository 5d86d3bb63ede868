"""The door before the Temporal UI of docker-compose.yml: its script and its configuration, in a real nginx."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import httpx
import pytest

from tests.containers.compose import MADE, REPOSITORY, services
from tests.shop import IN_TIME_S
from tools.stack import ports

DOOR = services()["temporal-door"]
OPERATOR = ("operator", MADE["TEMPORAL_UI_PASSWORD"])


@pytest.fixture(scope="module")
def ui() -> Iterator[str]:
    """Something in place of the UI that answers who it was told is asking."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f"{self.command} {self.path} {self.headers['Authorization']}".encode())

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@contextmanager
def door(folder: Path, ui: str, **told: str) -> Iterator[httpx.Client]:
    """Run what the container runs, with another folder for /tmp, another port, and another UI."""
    port = ports.any_free()
    written = (REPOSITORY / DOOR.mounts["/etc/nginx/makewhole.conf"]).read_text()
    for from_container, here in (
        ("/tmp/", f"{folder}/"),  # noqa: S108
        ("temporal-ui:8080", ui),
        ("listen 8080", f"listen 127.0.0.1:{port}"),
    ):
        assert from_container in written
        written = written.replace(from_container, here)
    if (
        os.geteuid() == 0
    ):  # else nginx works as somebody who may not read what pytest keeps; in the container nobody is root
        written = f"user root;\n{written}"
    configuration = folder / "makewhole.conf"
    configuration.write_text(written)
    script = DOOR.script.replace("/tmp/", f"{folder}/").replace("/etc/nginx/makewhole.conf", str(configuration))  # noqa: S108
    assert "http://api:8000" in script
    script = script.replace("http://api:8000", f"http://{ui}")
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    assert program, "the door is tried in nginx: on Debian and Ubuntu, apt-get install nginx-light"
    surroundings = {"PATH": f"{Path(program).parent}:/usr/bin:/bin", **DOOR.environment, **told}
    with subprocess.Popen(["sh", "-euc", script], env=surroundings) as process:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=IN_TIME_S) as client:
                open_by = monotonic() + IN_TIME_S
                while not answers(client) and monotonic() < open_by and process.poll() is None:
                    sleep(0.05)
                yield client
        finally:
            process.terminate()


def answers(client: httpx.Client) -> bool:
    try:
        client.get("/")
    except httpx.ConnectError:
        return False
    return True


def test_the_ui_is_for_who_says_the_password_and_is_not_told_of_it(ui: str, tmp_path: Path) -> None:
    with door(tmp_path, ui) as client:
        for said in (None, ("operator", "wrong"), ("reader", OPERATOR[1]), ("operator", "")):
            refused = client.get("/namespaces/default", auth=said)
            assert (refused.status_code, "WWW-Authenticate" in refused.headers) == (401, True)
        assert client.get("/a?b=c", auth=OPERATOR).text == "GET /a?b=c None"
    assert (tmp_path / "operators").stat().st_mode & 0o077 == 0


def test_a_page_of_others_decides_nothing_by_the_browser_of_an_operator(ui: str, tmp_path: Path) -> None:
    with door(tmp_path, ui) as client:
        for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)):
            sent = client.post("/api/v1/signal", auth=OPERATOR, headers={"Sec-Fetch-Site": site})
            assert sent.status_code == status, site
        followed_a_link = client.get("/", auth=OPERATOR, headers={"Sec-Fetch-Site": "cross-site"})
        assert followed_a_link.status_code == 200


def test_where_operators_sign_in_at_a_provider_the_ui_is_asked_who_they_are(ui: str, tmp_path: Path) -> None:
    with door(tmp_path, ui, TEMPORAL_AUTH_ENABLED="true") as client:
        assert client.get("/", headers={"Authorization": "Bearer token"}).text == "GET / Bearer token"


def test_payloads_are_opened_for_who_says_the_password_by_a_key_that_the_browser_is_not_told(
    ui: str, tmp_path: Path
) -> None:
    with door(tmp_path, ui, TEMPORAL_CODEC_KEY="mk_ops_a-key") as client:
        assert client.post("/codec/decode").status_code == 401
        from_elsewhere = client.post("/codec/decode", auth=OPERATOR, headers={"Sec-Fetch-Site": "cross-site"})
        assert from_elsewhere.status_code == 403
        assert client.post("/codec/decode", auth=OPERATOR).text == "POST /codec/decode Bearer mk_ops_a-key"
        assert client.get("/a", auth=OPERATOR).text == "GET /a None"
    assert (tmp_path / "codec.conf").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("told", [{}, {"TEMPORAL_CODEC_KEY": "mk_ops_a-key", "TEMPORAL_AUTH_ENABLED": "true"}])
def test_payloads_are_opened_for_nobody_where_no_key_is_set_or_no_password_asked_for(
    ui: str, tmp_path: Path, told: dict[str, str]
) -> None:
    with door(tmp_path, ui, **told) as client:
        assert client.post("/codec/decode", auth=OPERATOR).status_code in (404, 405)


def test_a_short_password_opens_no_door(ui: str, tmp_path: Path) -> None:
    with door(tmp_path, ui, TEMPORAL_UI_PASSWORD="local") as client:
        assert not answers(client)

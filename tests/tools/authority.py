"""A time stamp authority of the tests: `openssl ts` behind an HTTP server, with a certificate of its own."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_CONFIG = """
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
[stamping]
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = ours
[ours]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/stamping.pem
signer_key = {folder}/stamping.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
ess_cert_id_alg = sha256
"""


class StampingAuthority:
    """Stamps what it is shown, or answers what a test wants it to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked = 0
        self.answers_instead: bytes | None = None
        self.url = ""
        folder.mkdir()
        (folder / "ts.cnf").write_text(_CONFIG.format(folder=folder))
        (folder / "serial").write_text("01\n")
        key = ["req", "-config", "ts.cnf", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        self._openssl(
            *key, "-x509", "-extensions", "authority", "-subj", "/CN=ca", "-keyout", "ca.key", "-out", "ca.pem"
        )
        self._openssl(*key, "-subj", "/CN=tsa", "-keyout", "stamping.key", "-out", "stamping.csr")
        signing = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "ts.cnf"]
        self._openssl(
            "x509", "-req", "-in", "stamping.csr", *signing, "-extensions", "stamping", "-out", "stamping.pem"
        )

    def verify(self, token: bytes, said: bytes) -> str:
        """What `openssl ts` says of a token and of what it is said to have stamped."""
        (self.folder / "token").write_bytes(token)
        (self.folder / "said").write_bytes(said)
        return self._openssl("ts", "-verify", "-in", "token", "-data", "said", "-CAfile", "ca.pem")

    def _openssl(self, *said: str) -> str:
        done = subprocess.run(
            ["openssl", *said],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    def _stamp(self, asked: bytes) -> bytes:
        (self.folder / "asked").write_bytes(asked)
        self._openssl("ts", "-reply", "-config", "ts.cnf", "-queryfile", "asked", "-out", "answer")
        return (self.folder / "answer").read_bytes()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        body = await reader.readexactly(length)
        self.asked += 1
        if self.answers_instead is None:
            said = await asyncio.to_thread(self._stamp, body)
        else:
            said = self.answers_instead
        kind = b"Content-Type: application/timestamp-reply\r\nConnection: close\r\n"
        writer.write(b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\n\r\n%b" % (kind, len(said), said))
        await writer.drain()
        writer.close()


@asynccontextmanager
async def authority(folder: Path) -> AsyncIterator[StampingAuthority]:
    ours = await asyncio.to_thread(StampingAuthority, folder)
    server = await asyncio.start_server(ours.answer, "127.0.0.1", 0)
    ours.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/tsr"
    async with server:
        yield ours

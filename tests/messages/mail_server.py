"""A real mail server (aiosmtpd) that can be told what to do with the next letters."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import StrEnum

from aiosmtpd.smtp import SMTP, Envelope, Session


class Does(StrEnum):
    """What it does with the next letter; without one it takes it."""

    GREYLISTS = "451 4.7.1 Greylisted"
    REFUSES_THE_RECIPIENT = "550 5.1.1 No such user"
    REFUSES_THE_LETTER = "554 5.7.1 We take no such letters"
    HANGS_AT_THE_RECIPIENT = "never answers RCPT"
    TAKES_IT_AND_BREAKS_OFF = "takes the letter, and the connection breaks before its answer"
    TAKES_IT_SLOWLY = "takes the letter, and answers a second later"
    TAKES_IT_AND_HANGS = "takes the letter, and never answers"


AT_THE_RECIPIENT = (Does.REFUSES_THE_RECIPIENT, Does.HANGS_AT_THE_RECIPIENT)


@dataclass
class MailServer:
    port: int = 0
    domain: str = ""
    """It keeps, and does something with, only what goes to this domain: a stack has letters of every test."""
    next: deque[Does] = field(default_factory=deque)
    letters: list[EmailMessage] = field(default_factory=list)
    attempts: int = 0
    met: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def does(self, *those: Does) -> None:
        self.next.extend(those)

    def is_ours(self, address: str) -> bool:
        return address.casefold().endswith(self.domain)

    async def handle_RCPT(  # noqa: N802 - the library's names
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        is_ours = self.is_ours(address)
        self.attempts += is_ours
        if is_ours and self.next and self.next[0] in AT_THE_RECIPIENT:
            does = self.next.popleft()
            self.met.set()
            if does is Does.HANGS_AT_THE_RECIPIENT:
                await asyncio.sleep(3600)
            return str(does)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if not any(map(self.is_ours, envelope.rcpt_tos)):
            return "250 2.0.0 queued"
        does = self.next.popleft() if self.next else None
        if does in (Does.GREYLISTS, Does.REFUSES_THE_LETTER):
            self.met.set()
            return str(does)
        content = envelope.original_content or b""
        letter = message_from_bytes(content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.met.set()
        if does is Does.TAKES_IT_AND_BREAKS_OFF:
            assert server.transport is not None
            server.transport.close()
        if does is Does.TAKES_IT_SLOWLY:
            await asyncio.sleep(1)
        if does is Does.TAKES_IT_AND_HANGS:
            await asyncio.sleep(3600)
        return "250 2.0.0 queued"


@asynccontextmanager
async def serve(port: int = 0, domain: str = "") -> AsyncIterator[MailServer]:
    mail = MailServer(domain=domain)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mail, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", port)
    mail.port = server.sockets[0].getsockname()[1]
    try:
        yield mail
    finally:
        server.close()

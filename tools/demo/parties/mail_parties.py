"""Mail servers, as two programs of others are them, and the letters that lie there."""

import mailbox
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

import httpx

AIOSMTPD = ("-m", "aiosmtpd", "--nosetuid", "--smtputf8", "--class", "aiosmtpd.handlers.Mailbox")


class Letters(Protocol):
    """What a mail server has taken."""

    @property
    def name(self) -> str: ...

    async def to(self, address: str) -> Sequence[EmailMessage]:
        """Read what came for somebody, in no order."""
        ...


@dataclass(frozen=True, slots=True)
class InMaildir:
    """`aiosmtpd` puts what it takes into a folder."""

    folder: Path
    name: str = "aiosmtpd"

    async def to(self, address: str) -> Sequence[EmailMessage]:
        box = mailbox.Maildir(self.folder)
        return [letter for letter in map(_letter, (each.as_bytes() for each in box)) if _is_to(letter, address)]


@dataclass(frozen=True, slots=True)
class AtMaildev:
    """`maildev` shows what it has taken over HTTP."""

    address: str
    name: str = "maildev"

    async def to(self, address: str) -> Sequence[EmailMessage]:
        async with httpx.AsyncClient(base_url=self.address, trust_env=False) as http:
            shown = (await http.get("/email")).raise_for_status().json()
            sources = [(await http.get(f"/email/{each['id']}/download")).raise_for_status().content for each in shown]
        return [letter for letter in map(_letter, sources) if _is_to(letter, address)]


def _letter(source: bytes) -> EmailMessage:
    letter = message_from_bytes(source, policy=policy.default)
    assert isinstance(letter, EmailMessage)
    return letter


def _is_to(letter: EmailMessage, address: str) -> bool:
    return address in str(letter["To"])

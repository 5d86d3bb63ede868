"""Stripe, as two programs of others play it: the customer pays there, and it is asked there what came back."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

LOCALSTRIPE = (
    "import sys; from aiohttp import web; from localstripe import resources, server; "
    "resources.Store.dump_to_disk = lambda store: None; "
    "web.run_app(server.app, host='127.0.0.1', port=int(sys.argv[1]), print=None)"
)
"""localstripe's own command listens on every address, and keeps its state in a file that another user may own."""

STATEFUL_MOCK = "require(process.argv[1]).createExpressApp().listen(+process.argv[2], '127.0.0.1')"
"""The command of npm's stripe-stateful-mock listens on every address as well; its state is in memory."""

_CARD = {
    "type": "card",
    "card[number]": "4242424242424242",
    "card[exp_month]": "12",
    "card[exp_year]": "2040",
    "card[cvc]": "123",
}


class AtStripe(Protocol):
    """An account there; amounts are fen."""

    @property
    def name(self) -> str: ...

    @property
    def address(self) -> str: ...

    @property
    def api_key(self) -> str: ...

    async def pays(self, amount: int) -> str:
        """Have a customer pay by card, and return what Stripe calls it."""
        ...

    async def paid_back(self, payment: str) -> Sequence[int]:
        """Return what Stripe itself says that it has paid back of a payment."""
        ...


@dataclass(frozen=True, slots=True)
class AtLocalstripe:
    """`localstripe` has payment intents."""

    address: str
    api_key: str = field(default_factory=lambda: f"sk_test_{secrets.token_hex(12)}", repr=False)
    name: str = "localstripe"

    async def pays(self, amount: int) -> str:
        method = await _asked(self, "POST", "/v1/payment_methods", _CARD)
        wanted = {"amount": str(amount), "currency": "cny", "payment_method": method["id"], "confirm": "true"}
        return str((await _asked(self, "POST", "/v1/payment_intents", wanted))["id"])

    async def paid_back(self, payment: str) -> Sequence[int]:
        listed = await _asked(self, "GET", f"/v1/refunds?payment_intent={payment}")
        return [each["amount"] for each in listed["data"]]


@dataclass(frozen=True, slots=True)
class AtStatefulMock:
    """`stripe-stateful-mock` has charges."""

    address: str
    api_key: str = field(default_factory=lambda: f"sk_test_{secrets.token_hex(12)}", repr=False)
    name: str = "stripe-stateful-mock"

    async def pays(self, amount: int) -> str:
        wanted = {"amount": str(amount), "currency": "cny", "source": "tok_visa"}
        return str((await _asked(self, "POST", "/v1/charges", wanted))["id"])

    async def paid_back(self, payment: str) -> Sequence[int]:
        listed = await _asked(self, "GET", f"/v1/refunds?charge={payment}")
        return [each["amount"] for each in listed["data"]]


async def _asked(at: AtStripe, method: str, path: str, form: dict[str, str] | None = None) -> Any:
    async with httpx.AsyncClient(base_url=at.address, trust_env=False) as http:
        answer = await http.request(method, path, data=form, headers={"authorization": f"Bearer {at.api_key}"})
    return json.loads(answer.raise_for_status().content)

"""A merchant with an order, and clients with the keys of their people."""

from collections.abc import AsyncIterator, Callable

import pytest

from db.api_keys import Role
from makewhole_client import AsyncMakewhole, Patience
from tests.shop import Shop
from tools.stack.stack import Stack

As = Callable[..., AsyncMakewhole]


@pytest.fixture
def api_url(stack: Stack) -> str:
    return stack.description.api_url


@pytest.fixture
async def client_as(shop: Shop, api_url: str) -> AsyncIterator[As]:
    """Make a client with the key of a role."""
    made: list[AsyncMakewhole] = []

    def connect(role: Role = Role.MERCHANT, url: str = "", within_s: float = 240.0) -> AsyncMakewhole:
        patience = Patience(within_s=within_s, first_pause_s=0.01, longest_pause_s=0.05)
        made.append(AsyncMakewhole(url or api_url, shop.keys[role], patience=patience))
        return made[-1]

    yield connect
    for each in made:
        await each.close()

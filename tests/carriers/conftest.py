"""One party a test, each with a merchant of its own on the stack's database."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.carriers.parties import PARTIES
from tests.carriers.party import Party


@pytest.fixture
async def party(request: pytest.FixtureRequest, engine: AsyncEngine) -> AsyncIterator[Party]:
    async with PARTIES[request.param].open(engine) as party:
        yield party

"""Merchants whose clock was put forward get no real accounts: providers and carriers go by everybody's time (0107)."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from api import problems
from db import merchant_time


async def refuse_on_test_clock(connection: AsyncConnection, merchant_id: str) -> None:
    """Raises ProblemRaised (`conflicting_state`) where the merchant's clock is ahead, or is to be."""
    if (await merchant_time.stands(connection, merchant_id)).goes_to > timedelta():
        raise problems.conflicting_state(
            "this merchant's test clock was put forward: accounts are for a merchant who has everybody's time"
        )

"""Links to evidence: what reviewers click is `https`, and `http` only where a setting says so."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from api import problems
from api.access import Services
from db import evidence
from domain import spelling

_MOST = 100


def check(services: Services, links: Sequence[str]) -> None:
    """Raise Problem (`validation_failed`) for the first link that is sent in the open; a picture kept here is none."""
    if services.evidence_over_http:
        return
    for place, link in enumerate(links):
        if spelling.picture_of(link) is None and not spelling.is_secret_on_its_way(link):
            raise problems.wrong_field(f"/evidence/{place}", "a link to evidence begins with https://")


async def refuse_too_many(connection: AsyncConnection, refund_id: str, more: Sequence[str]) -> None:
    """Raise Problem (`limit_reached`) where a refund had too many pieces of evidence with these."""
    there = await evidence.count(connection, refund_id) if more else 0
    if there + len(more) > _MOST:
        raise problems.limit_reached(f"a refund has at most {_MOST} pieces of evidence, here are {there}")

"""What refunds and appeals have as evidence: pictures among it are used, if they are there and whose they should be."""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from db import picture_looks, pictures
from db.api_keys import Caller
from db.pictures import UsedIn
from domain import spelling
from service import refused


async def use(connection: AsyncConnection, caller: Caller, pieces: Sequence[str], where: UsedIn) -> Mapping[str, str]:
    """Note where the pictures among these pieces of evidence are used; each is a customer's from then on.

    Returns, by the piece, the earlier refund that showed the same picture, of those that one did (rule 34).

    Raises RequestRefused (`validation_failed`) for one that is not there, or is another's.
    """
    wanted = _wanted(pieces)
    if not wanted:
        return {}
    _refuse_unknown(wanted, await pictures.use(connection, caller, list(wanted), where))
    found = await picture_looks.shown_before(connection, caller.merchant_id, list(wanted), where)
    return {spelling.PICTURE + evidence_id: refund_id for evidence_id, refund_id in found.items()}


async def refuse_unknown(connection: AsyncConnection, caller: Caller, pieces: Sequence[str], customer_id: str) -> None:
    """As `use` does, and changes nothing."""
    wanted = _wanted(pieces)
    if wanted:
        _refuse_unknown(wanted, await pictures.usable(connection, caller, list(wanted), customer_id))


def _wanted(pieces: Sequence[str]) -> dict[str, int]:
    """By its id, the place of each picture."""
    named = ((place, spelling.picture_of(piece)) for place, piece in enumerate(pieces))
    return {evidence_id: place for place, evidence_id in named if evidence_id is not None}


def _refuse_unknown(wanted: dict[str, int], known: Sequence[str]) -> None:
    for evidence_id, place in wanted.items():
        if evidence_id not in known:
            detail = "there is no such picture here, or it is not theirs: send it to POST /v1/evidence"
            raise refused.wrong_field(f"/evidence/{place}", detail)

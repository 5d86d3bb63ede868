"""What a request gives as its reasons, looked up among the four and the merchant's own (rule 55)."""

from sqlalchemy.ext.asyncio import AsyncConnection

from db import reasons
from domain.claims.reasons import GivenReason, GivenReasons, Reason
from domain.claims.requests import RefundRequest
from domain.claims.taxonomy import NotAReason, Taxonomy
from service import refused


async def given(connection: AsyncConnection, merchant_id: str, asked: RefundRequest) -> GivenReasons:
    """Find what a request gives as its reasons; RequestRefused (`validation_failed`) names what is possible.

    Whoever gives none but the four costs no look into the database.
    """
    said = {asked.reason, *(line.reason for line in asked.lines or [] if line.reason)}
    is_own = not said <= set(Reason)
    known = (await reasons.current(connection, merchant_id)).taxonomy if is_own else Taxonomy()
    lines = {
        line.line_id: _found(known, line.reason, f"/lines/{place}/reason") if line.reason else None
        for place, line in enumerate(asked.lines or [])
    }
    return GivenReasons.given(_found(known, asked.reason, "/reason"), lines)


def _found(known: Taxonomy, said: str, pointer: str) -> GivenReason:
    try:
        return known.given(said)
    except NotAReason as unfit:
        raise refused.wrong_field(pointer, str(unfit)) from unfit

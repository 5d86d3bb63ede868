"""What a request gives as its reasons, looked up among the four and the merchant's own (rule 55)."""

from sqlalchemy.ext.asyncio import AsyncConnection

from api import problems
from api.schemas.refunds import RefundBody
from db import reasons
from domain.claims.reasons import GivenReason, GivenReasons, Reason
from domain.claims.taxonomy import NotAReason, Taxonomy


async def given(connection: AsyncConnection, merchant_id: str, body: RefundBody) -> GivenReasons:
    """Find what a request gives as its reasons; raises Problem (`validation_failed`) that names what is possible.

    Whoever gives none but the four costs no look into the database.
    """
    said = {body.reason, *(line.reason for line in body.lines or [] if line.reason)}
    is_own = not said <= set(Reason)
    known = (await reasons.current(connection, merchant_id)).taxonomy if is_own else Taxonomy()
    lines = {
        line.line_id: _found(known, line.reason, f"/lines/{place}/reason") if line.reason else None
        for place, line in enumerate(body.lines or [])
    }
    return GivenReasons.given(_found(known, body.reason, "/reason"), lines)


def _found(known: Taxonomy, said: str, pointer: str) -> GivenReason:
    try:
        return known.given(said)
    except NotAReason as unfit:
        raise problems.wrong_field(pointer, str(unfit)) from unfit

"""What a caller says of a dispute, heard as a provider's webhooks are (`activities/disputes.py`)."""

from sqlalchemy.ext.asyncio import AsyncConnection

from activities import disputes
from activities.disputes import CannotBe, HeardDispute, NotYet, SaidOfDispute, UnknownOrder
from api import problems
from api.schemas.disputes import DisputeBody
from db.api_keys import Caller
from domain.sale.disputes import DisputeRefused
from service import moments


async def take(connection: AsyncConnection, caller: Caller, order_id: str, body: DisputeBody) -> HeardDispute:
    """Hear it once, with all that follows in the order's books.

    Raises RefundRejected, RequestRefused and Problem (`not_found`, `validation_failed`, `conflicting_state`,
    `temporarily_unavailable`).
    """
    said = (body.dispute_id, body.payment_id, body.status, body.amount, body.currency, body.at)
    try:
        moments.refuse_future("/at", body.at, "the bank can't have said it in the future")
        return await disputes.take(connection, caller.merchant_id, SaidOfDispute(order_id, *said, by=caller.name))
    except UnknownOrder as unknown:
        raise problems.not_found(f"order {order_id!r}") from unknown
    except CannotBe as impossible:
        raise problems.wrong_field(f"/{impossible.field}", str(impossible)) from impossible
    except DisputeRefused as refused:
        raise problems.conflicting_state(str(refused)) from refused
    except NotYet as later:
        raise problems.try_again(str(later)) from later

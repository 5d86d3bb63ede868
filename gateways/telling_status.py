"""Which answers of a merchant's system say something of what was asked, whatever they say."""

from collections.abc import Collection
from datetime import timedelta
from http import HTTPStatus

from gateways.ports import NoAnswer, OutOfOrder, TryLater
from gateways.posting import Reply
from gateways.retry_after import retry_after

_USUAL_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=5)
"""Who wants a longer one is asked again all the same: they choose it, and a step's patience has an end."""


def telling_status(reply: Reply, says_nothing: Collection[int] = (), not_theirs: Collection[int] = ()) -> int:
    """Return the status of an answer that says something of what was asked.

    Raises TryLater where they are busy, OutOfOrder where they failed or the status is one that `says_nothing`, and
    NoAnswer where nobody answered to the end or somebody before them did (`not_theirs`): they may be at it.
    """
    status = reply.whole_status
    if status is None or status in not_theirs:
        raise NoAnswer(reply.trouble or f"answered {status or 'nothing'}")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise TryLater(min(retry_after(reply.headers.get("retry-after", ""), _USUAL_PAUSE), _LONGEST_PAUSE))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in says_nothing:
        raise OutOfOrder(f"answered {status}")
    return status

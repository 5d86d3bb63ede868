"""Starting the workflow of what was stored just now; where that fails, nothing is lost."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from temporalio.service import RPCError

log = logging.getLogger("api")


@contextmanager
def else_by_the_worker(refund_id: str) -> Iterator[None]:
    """Start a workflow in this; where that fails now, the worker's sweep starts it: the refund is stored already."""
    try:
        yield
    except (RPCError, DBAPIError, OSError) as trouble:
        log.warning("refund %s is stored, the worker will start it: %s", refund_id, trouble)

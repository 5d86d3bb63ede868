"""Putting the clock of a merchant who tries things out forward, as far as asked (0107)."""

import secrets

from tools.client import Api, Json

_THERE = "PT0S"


async def advance(owner: Api, by: str) -> Json:
    """Let an ISO 8601 duration pass, and return where the clock stands once all that was due by then is done."""
    key = secrets.token_hex(16)
    while True:
        stands = await owner.post("/v1/test-clock/advance", {"by": by}, key=key)
        if stands["left"] == _THERE:
            return stands

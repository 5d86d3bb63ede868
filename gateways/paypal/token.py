"""The token of a merchant's REST app: fetched once for all who ask, and anew when it ends or is not taken any more."""

import asyncio
from datetime import datetime, timedelta

import httpx

from domain import clock
from gateways.paypal.account import PayPalAccount
from gateways.paypal.answers import understood
from gateways.ports import Declined, NoAnswer

_BEFORE_IT_ENDS = timedelta(minutes=1)
"""A request that is on its way when a token ends is refused: so it is not used until its last moment."""


class Token:
    def __init__(self, account: PayPalAccount, http: httpx.AsyncClient) -> None:
        self._account = account
        self._http = http
        self._one_at_a_time = asyncio.Lock()
        self._kept = ""
        self._good_until: datetime | None = None

    async def current(self, *, refused: str = "") -> str:
        """Return a token that is good, and another one than was `refused`."""
        async with self._one_at_a_time:
            is_good = self._good_until is not None and clock.of_this_machine() < self._good_until
            if not is_good or self._kept == refused:
                self._kept, self._good_until = await self._fetched()
            return self._kept

    async def _fetched(self) -> tuple[str, datetime]:
        asked_at = clock.of_this_machine()
        answer = await self._http.post(
            "/v1/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=httpx.BasicAuth(self._account.client_id, self._account.client_secret),
        )
        try:
            said = understood(answer)
            lives = timedelta(seconds=int(said["expires_in"]))
            return str(said["access_token"]), asked_at + lives - _BEFORE_IT_ENDS
        except (Declined, KeyError, TypeError, ValueError) as unclear:
            raise NoAnswer(f"PayPal: {answer.status_code} instead of a token") from unclear

# Written by `make client`; change the document, or the async half, instead.
"""Operations: identity."""

from makewhole_client.aio.asking import AsyncAsks
from makewhole_client.calls import identity as calls
from makewhole_client.models import CodeAnswer, CodeBody, SessionAnswer, SessionBody


class AsyncIdentityCalls(AsyncAsks):
    async def ask_for_code(self, body: CodeBody) -> CodeAnswer:
        """Have a one-time code sent to who bought an order, if the contact is theirs."""
        return await self._ask(calls.ask_for_code(body))

    async def open_session(self, body: SessionBody) -> SessionAnswer:
        """Open a session with a code that came: for half an hour, and once."""
        return await self._ask(calls.open_session(body))

    async def end_session(
        self,
    ) -> None:
        """End the session whose key this request is sent with; an API key is revoked elsewhere."""
        return await self._ask(calls.end_session())

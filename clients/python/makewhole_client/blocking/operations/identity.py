# Written by `make client`; change the document, or the async half, instead.
"""Operations: identity."""

from makewhole_client.blocking.asking import Asks
from makewhole_client.calls import identity as calls
from makewhole_client.models import CodeAnswer, CodeBody, SessionAnswer, SessionBody


class IdentityCalls(Asks):
    def ask_for_code(self, body: CodeBody) -> CodeAnswer:
        """Have a one-time code sent to who bought an order, if the contact is theirs."""
        return self._ask(calls.ask_for_code(body))

    def open_session(self, body: SessionBody) -> SessionAnswer:
        """Open a session with a code that came: for half an hour, and once."""
        return self._ask(calls.open_session(body))

    def end_session(
        self,
    ) -> None:
        """End the session whose key this request is sent with; an API key is revoked elsewhere."""
        return self._ask(calls.end_session())

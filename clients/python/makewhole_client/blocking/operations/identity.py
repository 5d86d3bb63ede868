# Written by `make client`; change the document, or the async half, instead.
"""Operations: identity."""

from makewhole_client.blocking.asking import Asks
from makewhole_client.calls import identity as calls
from makewhole_client.models import (
    CodeAnswer,
    CodeBody,
    PasskeyAnswer,
    PasskeyBody,
    PasskeyList,
    PasskeyOptionsAnswer,
    PasskeyOptionsBody,
    SessionAnswer,
    SessionBody,
)


class IdentityCalls(Asks):
    def ask_for_code(self, body: CodeBody) -> CodeAnswer:
        """Have a one-time code sent to who bought an order, if the contact is theirs."""
        return self._ask(calls.ask_for_code(body))

    def open_session(self, body: SessionBody) -> SessionAnswer:
        """Open a session with a code that came, or with a passkey: for half an hour, and once."""
        return self._ask(calls.open_session(body))

    def end_session(
        self,
    ) -> None:
        """End the session whose key this request is sent with; an API key is revoked elsewhere."""
        return self._ask(calls.end_session())

    def ask_for_passkey(self, body: PasskeyOptionsBody) -> PasskeyOptionsAnswer:
        """Get a challenge for a device: with the key of a session to make a passkey, without one to sign in by one."""
        return self._ask(calls.ask_for_passkey(body))

    def make_passkey(self, body: PasskeyBody) -> PasskeyAnswer:
        """Keep the passkey that a device has made; it belongs to the session that asked for the challenge."""
        return self._ask(calls.make_passkey(body))

    def list_passkeys(self, *, customer_id: str) -> PasskeyList:
        """List the passkeys of a customer, the oldest first."""
        return self._ask(calls.list_passkeys(customer_id=customer_id))

    def forget_passkey(self, passkey_id: str) -> None:
        """Forget a passkey: it opens nothing from now on, and every session of its customer ends but the one that
        asks."""
        return self._ask(calls.forget_passkey(passkey_id))

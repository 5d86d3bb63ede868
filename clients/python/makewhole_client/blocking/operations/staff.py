# Written by `make client`; change the document, or the async half, instead.
"""Operations: staff."""

from collections.abc import Iterator

from makewhole_client.blocking.asking import Asks
from makewhole_client.calls import staff as calls
from makewhole_client.models import (
    IdentityProviderAnswer,
    IdentityProviderBody,
    IdentityProviderList,
    OwnSessionAnswer,
    SignedOutAnswer,
    StaffRole,
    StaffSessionAnswer,
    StaffSessionList,
)


class StaffCalls(Asks):
    def list_identity_providers(
        self,
    ) -> IdentityProviderList:
        """List the identity providers of your merchant."""
        return self._ask(calls.list_identity_providers())

    def put_identity_provider(self, provider_id: str, body: IdentityProviderBody) -> IdentityProviderAnswer:
        """Tell where staff sign in, and who of them comes in as what."""
        return self._ask(calls.put_identity_provider(provider_id, body))

    def get_identity_provider(self, provider_id: str) -> IdentityProviderAnswer:
        """Read an identity provider, without its secret."""
        return self._ask(calls.get_identity_provider(provider_id))

    def delete_identity_provider(self, provider_id: str) -> None:
        """Let nobody sign in there any more; sessions that were opened by it end at once."""
        return self._ask(calls.delete_identity_provider(provider_id))

    def begin_sign_in(self, token: str, *, role: StaffRole | None = None, return_to: str | None = None) -> None:
        """Send a browser to the merchant's identity provider."""
        return self._ask(calls.begin_sign_in(token, role=role, return_to=return_to))

    def complete_sign_in(
        self,
        token: str,
        *,
        state: str | None = None,
        code: str | None = None,
        iss: str | None = None,
        error: str | None = None,
    ) -> None:
        """Where the provider sends a browser back to, once: it gets the cookie of a session, which lasts an hour."""
        return self._ask(calls.complete_sign_in(token, state=state, code=code, iss=iss, error=error))

    def list_staff_sessions(self, *, cursor: str | None = None, limit: int | None = None) -> StaffSessionList:
        """List who of your merchant's staff is signed in, the newest session first."""
        return self._ask(calls.list_staff_sessions(cursor=cursor, limit=limit))

    def iterate_staff_sessions(self, *, limit: int | None = None) -> Iterator[StaffSessionAnswer]:
        """List who of your merchant's staff is signed in, the newest session first. One after the other, over all
        pages."""
        return self._items(lambda page: calls.list_staff_sessions(limit=limit, cursor=page))

    def get_staff_session(
        self,
    ) -> OwnSessionAnswer:
        """Read as whom you are signed in, and the token that your writes have to say."""
        return self._ask(calls.get_staff_session())

    def sign_out(
        self,
    ) -> SignedOutAnswer:
        """Sign out: the session ends at once."""
        return self._ask(calls.sign_out())

    def revoke_staff_session(self, session_id: str) -> None:
        """End somebody's session at once, any number of times."""
        return self._ask(calls.revoke_staff_session(session_id))

# Written by `make client`; change the document, or the async half, instead.
"""Operations: staff."""

from collections.abc import AsyncIterator

from makewhole_client.aio.asking import AsyncAsks
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


class AsyncStaffCalls(AsyncAsks):
    async def list_identity_providers(
        self,
    ) -> IdentityProviderList:
        """List the identity providers of your merchant."""
        return await self._ask(calls.list_identity_providers())

    async def put_identity_provider(self, provider_id: str, body: IdentityProviderBody) -> IdentityProviderAnswer:
        """Tell where staff sign in, and who of them comes in as what."""
        return await self._ask(calls.put_identity_provider(provider_id, body))

    async def get_identity_provider(self, provider_id: str) -> IdentityProviderAnswer:
        """Read an identity provider, without its secret."""
        return await self._ask(calls.get_identity_provider(provider_id))

    async def delete_identity_provider(self, provider_id: str) -> None:
        """Let nobody sign in there any more; sessions that were opened by it end at once."""
        return await self._ask(calls.delete_identity_provider(provider_id))

    async def begin_sign_in(self, token: str, *, role: StaffRole | None = None, return_to: str | None = None) -> None:
        """Send a browser to the merchant's identity provider."""
        return await self._ask(calls.begin_sign_in(token, role=role, return_to=return_to))

    async def complete_sign_in(
        self,
        token: str,
        *,
        state: str | None = None,
        code: str | None = None,
        iss: str | None = None,
        error: str | None = None,
    ) -> None:
        """Where the provider sends a browser back to, once: it gets the cookie of a session, which lasts an hour."""
        return await self._ask(calls.complete_sign_in(token, state=state, code=code, iss=iss, error=error))

    async def list_staff_sessions(self, *, cursor: str | None = None, limit: int | None = None) -> StaffSessionList:
        """List who of your merchant's staff is signed in, the newest session first."""
        return await self._ask(calls.list_staff_sessions(cursor=cursor, limit=limit))

    def iterate_staff_sessions(self, *, limit: int | None = None) -> AsyncIterator[StaffSessionAnswer]:
        """List who of your merchant's staff is signed in, the newest session first. One after the other, over all
        pages."""
        return self._items(lambda page: calls.list_staff_sessions(limit=limit, cursor=page))

    async def get_staff_session(
        self,
    ) -> OwnSessionAnswer:
        """Read as whom you are signed in, and the token that your writes have to say."""
        return await self._ask(calls.get_staff_session())

    async def sign_out(
        self,
    ) -> SignedOutAnswer:
        """Sign out: the session ends at once."""
        return await self._ask(calls.sign_out())

    async def revoke_staff_session(self, session_id: str) -> None:
        """End somebody's session at once, any number of times."""
        return await self._ask(calls.revoke_staff_session(session_id))

# Written by `make client`; change the document, or the async half, instead.
"""Operations: entitlement systems."""

from makewhole_client.aio.asking import AsyncAsks
from makewhole_client.calls import entitlement_systems as calls
from makewhole_client.models import EntitlementSystemAnswer, EntitlementSystemBody


class AsyncEntitlementSystemsCalls(AsyncAsks):
    async def put_entitlement_system(self, system_id: str, body: EntitlementSystemBody) -> EntitlementSystemAnswer:
        """Tell a system of your own under a name of your own, which the policy gives in `entitlements_elsewhere`."""
        return await self._ask(calls.put_entitlement_system(system_id, body))

    async def get_entitlement_system(self, system_id: str) -> EntitlementSystemAnswer:
        """Read a system, without its secrets."""
        return await self._ask(calls.get_entitlement_system(system_id))

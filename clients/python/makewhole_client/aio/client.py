"""The client: every operation of the API, and waiting for a refund."""

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import replace

from makewhole_client.aio.operations import AsyncOperations
from makewhole_client.calls.refunds import get_refund
from makewhole_client.errors import EndedOtherwise, NotInTime, ServerFault, TooManyRequests, Unreachable
from makewhole_client.looking import Looks, is_over
from makewhole_client.models import RefundAnswer, RefundStatus


class AsyncMakewhole(AsyncOperations):
    """The API of makewhole, with the key of one role at one merchant, for asyncio."""

    async def watch(self, refund_id: str, *, within_s: float) -> AsyncIterator[RefundAnswer]:
        """Yield a refund as it is, and again whenever something happened to it, until it is over.

        It is looked at once at least, twice a second at first and less often when nothing happens. Raises NotInTime.
        """
        looks = Looks(within_s)
        refund: RefundAnswer | None = None
        while True:
            patience = replace(self._patience, within_s=looks.a_look_s(self._patience.an_attempt_s))
            try:
                refund = await self._ask(get_refund(refund_id), patience)
            except (Unreachable, TooManyRequests, ServerFault) as error:
                if refund is None:
                    raise
                raise NotInTime(f"refund {refund_id} was {refund.status} when it was seen last", refund) from error
            if looks.shows_something_new(refund):
                yield refund
            if is_over(refund):
                return
            if looks.left_s() <= 0:
                raise NotInTime(f"refund {refund_id} is {refund.status} after {within_s:g} s", refund)
            await asyncio.sleep(looks.pause_s())

    async def wait_until(self, refund_id: str, statuses: Collection[RefundStatus], *, within_s: float) -> RefundAnswer:
        """Return a refund as soon as its status is one of `statuses`.

        Raises EndedOtherwise where it is over and can't get there any more, and NotInTime.
        """
        async for refund in self.watch(refund_id, within_s=within_s):
            if refund.status in statuses:
                return refund
        raise EndedOtherwise(f"refund {refund_id} is {refund.status}", refund)

    async def wait_until_completed(self, refund_id: str, *, within_s: float) -> RefundAnswer:
        """Return a refund as soon as everybody is made whole. Raises EndedOtherwise and NotInTime."""
        return await self.wait_until(refund_id, {RefundStatus.COMPLETED}, within_s=within_s)

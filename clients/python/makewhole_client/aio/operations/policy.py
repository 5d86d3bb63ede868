# Written by `make client`; change the document, or the async half, instead.
"""Operations: policy."""

from collections.abc import AsyncIterator

from makewhole_client.aio.asking import AsyncAsks
from makewhole_client.calls import policy as calls
from makewhole_client.models import PolicyAnswer, PolicyBody, WhatIfBody, WhatIfRefund, WhatIfSummary


class AsyncPolicyCalls(AsyncAsks):
    async def get_policy(
        self,
    ) -> PolicyAnswer:
        """Read the policy in force."""
        return await self._ask(calls.get_policy())

    async def put_policy(self, body: PolicyBody) -> PolicyAnswer:
        """Set the policy; fields left out take their defaults."""
        return await self._ask(calls.put_policy(body))

    def simulate_policy(self, body: WhatIfBody) -> AsyncIterator[WhatIfRefund | WhatIfSummary]:
        """Work past refunds out again under a draft policy, with the functions that settled them; nothing is
        changed."""
        return self._lines(calls.simulate_policy(body))

# Written by `make client`; change the document, or the async half, instead.
"""Operations: policy."""

from collections.abc import Iterator

from makewhole_client.blocking.asking import Asks
from makewhole_client.calls import policy as calls
from makewhole_client.models import PolicyAnswer, PolicyBody, WhatIfBody, WhatIfRefund, WhatIfSummary


class PolicyCalls(Asks):
    def get_policy(
        self,
    ) -> PolicyAnswer:
        """Read the policy in force."""
        return self._ask(calls.get_policy())

    def put_policy(self, body: PolicyBody) -> PolicyAnswer:
        """Set the policy; fields left out take their defaults."""
        return self._ask(calls.put_policy(body))

    def simulate_policy(self, body: WhatIfBody) -> Iterator[WhatIfRefund | WhatIfSummary]:
        """Work past refunds out again under a draft policy, with the functions that settled them; nothing is
        changed."""
        return self._lines(calls.simulate_policy(body))

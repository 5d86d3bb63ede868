# Written by `make client`; change the document, or the async half, instead.
"""Operations: reasons."""

from makewhole_client.blocking.asking import Asks
from makewhole_client.calls import reasons as calls
from makewhole_client.models import ReasonsAnswer, ReasonsBody


class ReasonsCalls(Asks):
    def get_reasons(
        self,
    ) -> ReasonsAnswer:
        """Read the merchant's own reasons, those in use first, then the retired ones."""
        return self._ask(calls.get_reasons())

    def put_reasons(self, body: ReasonsBody) -> ReasonsAnswer:
        """Set the reasons that refund requests can give beside the four; each stands for one of them (rule 55)."""
        return self._ask(calls.put_reasons(body))

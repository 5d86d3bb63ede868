# Written by `make client`; change the document, or the async half, instead.
"""Operations: labels."""

from makewhole_client.blocking.asking import Asks
from makewhole_client.calls import labels as calls
from makewhole_client.models import ParcelBody, RefundAnswer


class LabelsCalls(Asks):
    def get_label(self, label: str, *, accept: str | None = None) -> bytes:
        """The label of a parcel, for whoever was given its address: as PDF, or as ZPL (`.zpl`, or by `Accept`)."""
        return self._ask(calls.get_label(label, accept=accept))

    def add_label(self, refund_id: str, body: ParcelBody, *, idempotency_key: str | None = None) -> RefundAnswer:
        """Have a label made for another parcel of a return, with a tracking number of its own."""
        return self._ask(calls.add_label(refund_id, body, idempotency_key=idempotency_key))

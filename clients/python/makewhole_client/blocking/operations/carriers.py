# Written by `make client`; change the document, or the async half, instead.
"""Operations: carriers."""

from makewhole_client.blocking.asking import Asks
from makewhole_client.calls import carriers as calls
from makewhole_client.models import CarrierAccountAnswer, CarrierAccountBody


class CarriersCalls(Asks):
    def put_carrier(self, carrier_id: str, body: CarrierAccountBody) -> CarrierAccountAnswer:
        """Tell an account at a carrier."""
        return self._ask(calls.put_carrier(carrier_id, body))

    def get_carrier(self, carrier_id: str) -> CarrierAccountAnswer:
        """Read an account, without its secrets."""
        return self._ask(calls.get_carrier(carrier_id))

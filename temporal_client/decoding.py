"""What the Temporal UI and CLI ask a codec server, as they write it: payloads to be opened for who may read them."""

import json
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Self

from google.protobuf import json_format
from temporalio.api.common.v1 import Payload, Payloads

from service.vault import NotOpened, Vault
from temporal_client.sealed_payloads import SETTING, WorkflowPlace, is_sealed, place_of, unseal


@dataclass(frozen=True, slots=True)
class DecodingRequest:
    payloads: Payloads

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Raises ValueError for what is no list of payloads."""
        right = 'send {"payloads": […]}, as the Temporal UI does'
        try:
            said = json.loads(body)
            if not isinstance(said, dict):
                raise ValueError(right)
            return cls(json_format.ParseDict(said, Payloads(), ignore_unknown_fields=True))
        except (json_format.ParseError, ValueError, RecursionError) as error:
            raise ValueError(right) from error

    @property
    def places(self) -> set[WorkflowPlace]:
        return {place_of(each) for each in self.payloads.payloads if is_sealed(each)}

    def answered(self, keys: Mapping[str, bytes], places: Container[WorkflowPlace]) -> str:
        """Open those of these places; the others stay as they are, and so do those whose key is gone."""
        vault = Vault(keys, SETTING)
        opened = Payloads(payloads=[_opened(vault, each, places) for each in self.payloads.payloads])
        return json_format.MessageToJson(opened, indent=None)

    def as_it_is(self) -> str:
        """Hand everything back: nothing is sealed for who asks here, as nobody says for which workflow it is."""
        return json_format.MessageToJson(self.payloads, indent=None)


class Everywhere(Container[WorkflowPlace]):
    """All places: for those who operate a Temporal of all merchants."""

    def __contains__(self, _: object) -> bool:
        return True


def _opened(vault: Vault, payload: Payload, places: Container[WorkflowPlace]) -> Payload:
    if not is_sealed(payload) or place_of(payload) not in places:
        return payload
    try:
        return unseal(vault, payload)
    except NotOpened:
        return payload

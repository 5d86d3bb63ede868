"""What Temporal is given, encrypted: it stores arguments, results, words of people and failures that only we can read.

Each payload is sealed for its workflow, whose namespace and id stand beside it and can't be changed: in another
workflow it is not opened. Ids, names of types and search attributes stay as they are, and say nothing of a person.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ActivitySerializationContext,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from service.vault import NotOpened, Sealed, Vault

SETTING = "MAKEWHOLE_PAYLOAD_KEYS"
ENCODING = b"binary/encrypted"

_NONCE_BYTES = 12
_OF_A_SCHEDULE = re.compile(r"-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
"""What Temporal adds to the id of a workflow that a Schedule begins."""


@dataclass(frozen=True, slots=True)
class WorkflowPlace:
    """The workflow that a payload belongs to."""

    namespace: str
    workflow_id: str

    @classmethod
    def of(cls, context: SerializationContext) -> "WorkflowPlace | None":
        if not isinstance(context, WorkflowSerializationContext | ActivitySerializationContext):
            return None
        return cls(context.namespace, context.workflow_id) if context.workflow_id else None

    def is_for(self, other: "WorkflowPlace") -> bool:
        """Whether what is sealed here may be read there; a Schedule seals before it is known which run it will be."""
        if self.namespace != other.namespace or not other.workflow_id.startswith(self.workflow_id):
            return False
        rest = other.workflow_id[len(self.workflow_id) :]
        return not rest or bool(_OF_A_SCHEDULE.fullmatch(rest))

    def __str__(self) -> str:
        return f"{len(self.namespace)}:{self.namespace}:{self.workflow_id}"


NOWHERE = WorkflowPlace("", "")
"""What is sealed without a workflow is read in none."""


class SealedPayloads(PayloadCodec, WithSerializationContext):
    """Seals with the newest key, opens with each; what was never sealed, as before there were keys, stays as it is."""

    def __init__(self, vault: Vault, place: WorkflowPlace | None = None) -> None:
        self._vault = vault
        self._place = place

    @classmethod
    def under(cls, keys: Mapping[str, bytes]) -> Self:
        return cls(Vault(keys, SETTING))

    def with_context(self, context: SerializationContext) -> Self:
        return type(self)(self._vault, WorkflowPlace.of(context))

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [seal(self._vault, each, self._place or NOWHERE) for each in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Raises NotOpened for a payload of another workflow, or one whose key is gone."""
        return [self._opened(each) if is_sealed(each) else each for each in payloads]

    def _opened(self, payload: Payload) -> Payload:
        place = place_of(payload)
        if self._place is not None and not place.is_for(self._place):
            raise NotOpened(f"a payload in {self._place.workflow_id} is of workflow {place.workflow_id!r}")
        return unseal(self._vault, payload)


def is_sealed(payload: Payload) -> bool:
    return payload.metadata.get("encoding") == ENCODING


def place_of(payload: Payload) -> WorkflowPlace:
    """Where a sealed payload belongs, as it says: it is true where it can be opened."""
    said = (payload.metadata.get(name, b"").decode(errors="replace") for name in ("namespace", "workflow-id"))
    return WorkflowPlace(*said)


def seal(vault: Vault, payload: Payload, place: WorkflowPlace) -> Payload:
    sealed = vault.seal(payload.SerializeToString(), str(place))
    metadata = {
        "encoding": ENCODING,
        "encryption-key-id": sealed.key_id.encode(),
        "namespace": place.namespace.encode(),
        "workflow-id": place.workflow_id.encode(),
    }
    return Payload(metadata=metadata, data=sealed.nonce + sealed.text)


def unseal(vault: Vault, payload: Payload) -> Payload:
    """Raises NotOpened."""
    key_id = payload.metadata.get("encryption-key-id", b"").decode(errors="replace")
    sealed = Sealed(key_id, payload.data[:_NONCE_BYTES], payload.data[_NONCE_BYTES:])
    if len(sealed.nonce) < _NONCE_BYTES:
        raise NotOpened("there is less of it than anything sealed has")
    return Payload.FromString(vault.open(sealed, str(place_of(payload))))

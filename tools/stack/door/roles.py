"""Who has which key, and what each may ask of Temporal."""

import hashlib
import json
import re
from collections.abc import Mapping
from enum import StrEnum


class DoorRole(StrEnum):
    """`worker` is what API and workers are: all of it. `operator` speaks to refunds. `reader` only looks."""

    WORKER = "worker"
    OPERATOR = "operator"
    READER = "reader"


_SERVICE = r"/temporal\.api\.(workflowservice|operatorservice)\.v1\.\w+/"
_READS = re.compile(rf"{_SERVICE}(Get|List|Describe|Count|Scan)\w*|/grpc\.health\.v1\.Health/\w+")
_SPEAKS = re.compile(
    rf"{_SERVICE}("
    r"(Query|Update|Signal|Terminate|RequestCancel|Reset|Pause|Unpause)Workflow(Execution)?|UpdateWorkflowExecutionOptions|"
    r"PollWorkflowExecutionUpdate|(Pause|Unpause|Reset)Activity|UpdateActivityOptions|(Start|Stop)BatchOperation)"
)


def may_call(role: DoorRole, path: str) -> bool:
    """Whether a gRPC method is for a role."""
    if role is DoorRole.WORKER:
        return True
    return bool(_READS.fullmatch(path) or (role is DoorRole.OPERATOR and _SPEAKS.fullmatch(path)))


def may_browse(role: DoorRole, method: str) -> bool:
    """Whether a request to the UI is for a role: it asks for all that it shows by GET."""
    return role is not DoorRole.READER or method in ("GET", "HEAD")


class Keys:
    """Keys by their hashes: looking one up takes as long whatever of it is right."""

    def __init__(self, keys: Mapping[DoorRole, str]) -> None:
        self._roles = {_hash(key.encode()): role for role, key in keys.items()}

    @classmethod
    def read(cls, text: str) -> "Keys":
        return cls({DoorRole(role): key for role, key in json.loads(text).items()})

    def role_of(self, key: bytes) -> DoorRole | None:
        return self._roles.get(_hash(key))


def _hash(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()

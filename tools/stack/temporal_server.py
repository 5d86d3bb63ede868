"""A Temporal server as the programs on top of it see it: ours, or one that the environment names."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from temporalio.envconfig import ClientConfig

from settings import StackSettings
from tools.stack.keys import TemporalKeys

PREFIX = "TEMPORAL_"


@dataclass(frozen=True, slots=True)
class TemporalServer:
    """variables: all `TEMPORAL_*` that the programs are given, in place of those that the stack was given.

    keys: of our own server's door; None where the server is another.
    """

    address: str
    ui_url: str | None
    variables: Mapping[str, str]
    keys: TemporalKeys | None = None

    @property
    def credentials(self) -> Mapping[str, str]:
        """What a client says with each call to be let in as the programs are."""
        return {"authorization": f"Bearer {self.keys.worker}"} if self.keys else {}

    @classmethod
    def embedded(cls, address: str, namespace: str, ui_url: str, keys: TemporalKeys) -> Self:
        """Our own server behind its door; without the empty file the user's own profile would be read."""
        variables = {"ADDRESS": address, "NAMESPACE": namespace, "CONFIG_FILE": os.devnull}
        variables["GRPC_META_AUTHORIZATION"] = f"Bearer {keys.worker}"
        return cls(address, ui_url, {PREFIX + name: value for name, value in variables.items()}, keys)

    @classmethod
    def named_by(cls, settings: StackSettings) -> Self:
        """The server of `TEMPORAL_ADDRESS`, or of a profile; every variable about it is passed on."""
        variables = {key: value for key, value in settings.environment.items() if key.startswith(PREFIX)}
        if settings.temporal_address:
            variables["TEMPORAL_ADDRESS"] = settings.temporal_address
        connection = ClientConfig.load_client_connect_config(override_env_vars=variables)
        return cls(connection.get("target_host", ""), None, variables)


def without_temporal(environment: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in environment.items() if not key.startswith(PREFIX)}

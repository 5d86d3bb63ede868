# Written by `make client`; change the document, or the async half, instead.
"""Models: health."""

from typing import Literal

from makewhole_client.model_base import Answer


class Alive(Answer):
    """The process answers."""

    status: Literal["ok"]


class Ready(Answer):
    """Whether what the service needs answers."""

    postgres: Literal["ok", "no answer"]
    temporal: Literal["ok", "no answer"]
    clocks: Literal["ok", "apart"]

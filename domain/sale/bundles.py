"""Bundles: lines that were sold as one thing, each with its own share of the price."""

from dataclasses import dataclass
from enum import StrEnum


class PartsComeBack(StrEnum):
    """Whether the parts of a bundle come back each by itself, or only all of them."""

    ALONE = "alone"
    TOGETHER = "together"


@dataclass(frozen=True, slots=True)
class Bundle:
    """What lines with this `bundle_id` are parts of. A bundle that nobody describes has parts that come back alone."""

    bundle_id: str
    parts: PartsComeBack = PartsComeBack.ALONE

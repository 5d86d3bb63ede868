"""Bundles whose parts come back only together: an incomplete return is refused, with what lacks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from domain.refusals import RefundRejected, Refusal
from domain.sale.measures import Measure, times_of


@dataclass(frozen=True, slots=True)
class PartAsked:
    """One part of a bundle: how much was sold, how much is left, and how much of that a request asks for."""

    line_id: str
    sold: int
    left: int
    asked: int
    measure: Measure | None = None

    @property
    def share(self) -> Fraction:
        return Fraction(self.asked, self.sold)


def refuse_incomplete(bundles: Mapping[str, Sequence[PartAsked]]) -> None:
    """Raise RefundRejected (`bundle_incomplete`) for a bundle of which a request takes neither all nor whole ones.

    Whole ones are the same share of each part: of two sets with a pot and two lids each, one pot and two lids. All that
    is left always comes back, also where the merchant's fault has brought back a part alone before.
    """
    for bundle_id, parts in bundles.items():
        if len({part.share for part in parts}) > 1 and any(part.asked < part.left for part in parts):
            raise RefundRejected(
                Refusal.BUNDLE_INCOMPLETE,
                f"the parts of bundle {bundle_id!r} come back only together: ask for {_what_lacks(parts)} as well; "
                "they come back alone only where the merchant is at fault",
            )


def _what_lacks(parts: Sequence[PartAsked]) -> str:
    """Name what would make it whole ones; where there are none of that share, all that is left."""
    most = max(part.share for part in parts)
    needed = [part.sold * most for part in parts]
    are_whole = all(count.denominator == 1 and count <= part.left for count, part in zip(needed, parts, strict=True))
    wanted = [int(count) for count in needed] if are_whole else [part.left for part in parts]
    lacking = [
        times_of(count - part.asked, part.measure, part.line_id)
        for count, part in zip(wanted, parts, strict=True)
        if count > part.asked
    ]
    return ", ".join(lacking[:_NAMED])


_NAMED = 20
"""So many parts a refusal names."""

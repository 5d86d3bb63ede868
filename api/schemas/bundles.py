"""Bundles of an order: how their parts come back, and what lines may be parts of."""

from collections.abc import Sequence

from pydantic import Field

from api.schemas.common import Id, Wire
from api.schemas.faults import MOST_NAMED, FieldFault, refuse_twice
from api.schemas.order_parts import LineBody
from domain.sale.bundles import Bundle, PartsComeBack


class BundleBody(Wire):
    """One bundle that lines name in `bundle_id`."""

    bundle_id: Id = Field(description="Its name, as its lines say it.")
    parts: PartsComeBack = Field(
        default=PartsComeBack.ALONE,
        description="`alone`: each part comes back by itself, with its own share of the price. `together`: a request "
        "for a change of mind takes the same share of each part, or all that is left, else it is refused with "
        "`bundle_incomplete`, which names what lacks.",
    )

    def to_domain(self) -> Bundle:
        return Bundle(self.bundle_id, self.parts)


def check_bundles(lines: Sequence[LineBody], bundles: Sequence[BundleBody]) -> None:
    """Raise ValueError for a bundle inside another or itself, and for one that nothing can come back of."""
    refuse_twice("bundle_id of bundles", [each.bundle_id for each in bundles], "bundles", each="bundle_id")
    named = {line.bundle_id for line in lines if line.bundle_id is not None}
    if itself := [line.line_id for line in lines if line.bundle_id == line.line_id]:
        raise FieldFault(
            f"a bundle can't contain itself: {', '.join(itself[:MOST_NAMED])}; name it by an id that is no line's",
            "lines",
            _place(lines, itself[0]),
            "bundle_id",
        )
    if inside := [line.line_id for line in lines if line.bundle_id is not None and line.line_id in named]:
        raise FieldFault(
            f"a bundle can't be in another: {', '.join(inside[:MOST_NAMED])} is a part of one and has parts; "
            "say all parts in one bundle",
            "lines",
            _place(lines, inside[0]),
            "bundle_id",
        )
    goods = {line.bundle_id for line in lines if line.kind.is_unit and not line.is_below_zero}
    if unknown := [each.bundle_id for each in bundles if each.bundle_id not in goods]:
        raise FieldFault(
            f"bundles names {', '.join(unknown[:MOST_NAMED])}, of which no goods and no service is a part: "
            "say bundle_id of their lines",
            "bundles",
            [each.bundle_id for each in bundles].index(unknown[0]),
            "bundle_id",
        )
    bearing = {line.bundle_id for line in lines if not line.is_below_zero and not line.gift}
    if alone := [line.line_id for line in lines if line.is_below_zero and line.bundle_id not in {None, *bearing}]:
        raise FieldFault(
            f"{', '.join(alone[:MOST_NAMED])} is taken off its bundle, which has no other line: leave bundle_id out",
            "lines",
            _place(lines, alone[0]),
            "bundle_id",
        )


def _place(lines: Sequence[LineBody], line_id: str) -> int:
    return [line.line_id for line in lines].index(line_id)

"""What arrives of a return is never more than what is still expected (rule 31)."""

from collections.abc import Iterable, Mapping

from domain.sale.measures import Measure, in_words


def more_than_expected(
    received: Iterable[tuple[str, int]],
    expected: Mapping[str, int],
    measures: Mapping[str, Measure],
    what: str = "received",
) -> str | None:
    """Say of which line more arrived, or is lost, than is expected, in units or thousandths; None where of none."""
    for line_id, quantity in received:
        if quantity > expected.get(line_id, 0):
            measure = measures.get(line_id)
            arrived, missing = in_words(quantity, measure), in_words(expected.get(line_id, 0), measure)
            return f"{arrived} of line {line_id!r} {what}, {missing} still expected"
    return None

"""More than is expected never arrives without being told of, in the words of its line."""

from hypothesis import given
from hypothesis import strategies as st

from domain.claims.receipts import more_than_expected
from domain.sale.measures import Measure

COUNTS = st.dictionaries(st.sampled_from("abc"), st.integers(1, 5))


@given(COUNTS, COUNTS)
def test_exactly_what_goes_beyond_what_is_expected_is_told(received: dict[str, int], expected: dict[str, int]) -> None:
    told = more_than_expected(received.items(), expected, {})

    beyond = [line_id for line_id, count in received.items() if count > expected.get(line_id, 0)]
    assert (told is None) == (not beyond)
    if told is not None:
        missing = expected.get(beyond[0], 0)
        assert told == f"{received[beyond[0]]} of line {beyond[0]!r} received, {missing} still expected"


def test_what_is_measured_is_told_in_its_unit() -> None:
    told = more_than_expected([("fruit", 400)], {"fruit": 250}, {"fruit": Measure("kg")})

    assert told == "0.4 kg of line 'fruit' received, 0.25 kg still expected"

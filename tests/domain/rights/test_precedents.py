"""Which risks reviewers judge alike (rule 33)."""

import pytest

from domain.rights.precedents import RiskBand, band_of


@pytest.mark.parametrize(
    ("score", "band"),
    [(0, "low"), (39, "low"), (40, "medium"), (69, "medium"), (70, "high"), (100, "high")],
)
def test_risks_are_judged_alike_in_three_bands(score: int, band: str) -> None:
    assert band_of(score) == band and score in RiskBand(band).scores

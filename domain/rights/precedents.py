"""What makes an earlier refund a precedent: a person decided about the same kind of case (rule 33)."""

from enum import StrEnum

from domain.rights.risk import HIGH_RISK

_MEDIUM_RISK = 40


class RiskBand(StrEnum):
    """Risks that reviewers judge alike."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def scores(self) -> range:
        """The scores that are in it."""
        return _SCORES[self]


_SCORES = {
    RiskBand.LOW: range(_MEDIUM_RISK),
    RiskBand.MEDIUM: range(_MEDIUM_RISK, HIGH_RISK),
    RiskBand.HIGH: range(HIGH_RISK, 101),
}


def band_of(score: int) -> RiskBand:
    return next(band for band, scores in _SCORES.items() if score in scores)

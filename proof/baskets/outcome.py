"""What all baskets came to: counts, and every cent that is not where it should be."""

import re
from collections import Counter
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from proof.baskets.by_rules import Refused
from proof.baskets.data import Source
from proof.baskets.kinds import KINDS
from proof.baskets.orders import AS_SOLD, MADE_UP
from proof.baskets.over_http import HttpOutcome
from proof.baskets.ways import Way
from tools.client import Json


@dataclass
class Outcome:
    """By the rules alone; `kinds` counts baskets by their shop and kind, `refused` by shop and reason."""

    baskets: Counter[Source] = field(default_factory=Counter)
    kinds: Counter[tuple[Source, str]] = field(default_factory=Counter)
    refused: Counter[tuple[Source, str, str]] = field(default_factory=Counter)
    refunds: Counter[Way] = field(default_factory=Counter)
    explained: int = 0
    cents: int = 0
    apart: int = 0
    odd: list[str] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        for mine, theirs in (
            (self.baskets, other.baskets),
            (self.kinds, other.kinds),
            (self.refused, other.refused),
            (self.refunds, other.refunds),
        ):
            mine.update(theirs)  # type: ignore[arg-type]
        self.explained += other.explained
        self.cents += other.cents
        self.apart += other.apart
        self.odd += other.odd

    def refuse(self, source: Source, refused: Refused) -> None:
        """Count it by its sentence, whatever the figures in it."""
        self.refused[source, refused.code, re.sub(r"-?\d+", "…", refused.because)] += 1


def as_json(outcome: Outcome, over_http: HttpOutcome, *, seed: int, seconds: float) -> Json:
    return {
        "baskets": outcome.baskets.total(),
        "refused": outcome.refused.total(),
        "refunds": outcome.refunds.total(),
        "explained": outcome.explained,
        "cents": outcome.cents,
        "mismatch_minor": outcome.apart + over_http.apart,
        "http_baskets": over_http.baskets,
        "http_refunds": over_http.refunds,
        "http_reviewed": over_http.reviewed,
        "http_cents": over_http.cents,
        "http_mismatch_minor": over_http.apart,
        "by_source": {str(source): count for source, count in outcome.baskets.items()},
        "kinds": {source: {kind: outcome.kinds[source, kind] for kind in KINDS} for source in Source},
        "refused_because": [
            {"source": str(source), "code": code, "because": because, "baskets": count}
            for (source, code, because), count in sorted(outcome.refused.items())
        ],
        "seed": seed,
        "seconds": round(seconds, 1),
    }


def show(outcome: Outcome, over_http: HttpOutcome, console: Console) -> None:
    kinds = Table(title="Baskets that have", title_justify="left")
    for heading in ("", *Source):
        kinds.add_column(heading, justify="right" if heading else "left")
    for kind in KINDS:
        kinds.add_row(kind, *(f"{outcome.kinds[source, kind]:,}" for source in Source))
    console.print(kinds)
    refused = Table(title="Refused", title_justify="left")
    for heading in ("source", "code", "because", "baskets"):
        refused.add_column(heading)
    for (source, code, because), count in sorted(outcome.refused.items()):
        refused.add_row(source, code, because, str(count))
    console.print(refused)
    for heading, items in (("As sold", AS_SOLD), ("Made up", MADE_UP), ("Not as expected", outcome.odd[:20])):
        if items:
            console.print(f"\n{heading}:", style="bold")
        for item in items:
            console.print(f"- {item}", markup=False)
    console.print(
        f"\n{outcome.refunds.total():,} refunds by the rules alone, {over_http.refunds:,} through HTTP "
        f"({over_http.reviewed:,} of them approved by a reviewer): {outcome.apart + over_http.apart} cents apart."
    )

"""A carrier with its own books: what it has made worthless stays so, whatever ours know of it."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class ModelCarrier:
    """`labels` tells whether a label is good: by refund, and by which of its RMAs it was asked for under."""

    labels: dict[tuple[str, int], bool] = field(default_factory=dict)

    def issue(self, refund_id: str, number: int) -> bool:
        """Make a label, the same one however often; False where it is void."""
        return self.labels.setdefault((refund_id, number), True)

    def void(self, refund_id: str, number: int) -> None:
        self.labels[refund_id, number] = False

    def good(self, refund_id: str) -> set[int]:
        """Which RMAs of a refund have a label that is good."""
        return {number for (of, number), is_good in self.labels.items() if of == refund_id and is_good}

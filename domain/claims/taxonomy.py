"""Reasons of the merchant's own, each of which stands for one of the four of the source document (rule 55)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from domain.claims.reasons import GivenReason, Reason

_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class OwnReason:
    """One of the merchant's reasons: `names` by locale, `categories` of goods that it is suggested for (none: all).

    A retired one can still be read, and is given by nobody any more.
    """

    code: str
    stands_for: Reason
    names: dict[str, str] = field(default_factory=dict)
    categories: tuple[str, ...] = ()
    is_retired: bool = False

    @property
    def as_given(self) -> GivenReason:
        return GivenReason(self.code, self.stands_for, self.names)


class NotAReason(Exception):
    """Nobody can ask for a refund with this: the message says why, and with what instead."""


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """One version of a merchant's reasons; those in use come first, as the merchant has them in order."""

    reasons: tuple[OwnReason, ...] = ()

    @property
    def in_use(self) -> tuple[OwnReason, ...]:
        return tuple(each for each in self.reasons if not each.is_retired)

    def changed_to(self, wanted: Sequence[OwnReason]) -> "Taxonomy":
        """Put others in their place; whatever is left out is retired, and never forgotten (rule 55)."""
        codes = {each.code for each in wanted}
        left_out = (replace(each, is_retired=True) for each in self.reasons if each.code not in codes)
        everything = (*wanted, *left_out)
        return Taxonomy(tuple(sorted(everything, key=lambda each: each.is_retired)))

    def given(self, code: str) -> GivenReason:
        """Find what somebody gives as their reason, one of the four or the merchant's own; raises NotAReason."""
        if code in set(Reason):
            return GivenReason.one_of_the_four(Reason(code))
        known = next((each for each in self.reasons if each.code == code), None)
        if known is None:
            raise NotAReason(f"{code!r} is no reason here: say {self._possible}")
        if known.is_retired:
            raise NotAReason(f"{code!r} is retired: say {self._possible}")
        return known.as_given

    def suggested_for(self, category: str) -> tuple[OwnReason, ...]:
        """The reasons in use that are suggested for goods of a category; for none, those that name no category."""
        return tuple(each for each in self.in_use if (category in each.categories if category else not each.categories))

    @property
    def _possible(self) -> str:
        """Those that can be given; of very many the first, as an error is read by people."""
        codes = [*Reason, *(each.code for each in self.in_use)]
        more = len(codes) - _MOST_NAMED
        if more > 0:
            return f"{', '.join(codes[:_MOST_NAMED])} or one of {more} more, which GET /v1/reasons lists"
        return f"{', '.join(codes[:-1])} or {codes[-1]}"

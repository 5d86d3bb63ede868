"""What people are told, in their language (rule 38)."""

from collections.abc import Mapping
from enum import StrEnum

from domain.currencies import DECIMALS
from domain.money import Money


class Topic(StrEnum):
    """One message text each; a language is a file with a text for every topic."""

    RECEIVED = "received"
    EVIDENCE_REQUESTED = "evidence_requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REOPENED = "reopened"
    PAYOUT_FAILED = "payout_failed"
    LABEL_READY = "label_ready"
    RETURN_REMINDER = "return_reminder"
    PARCEL_RECEIVED = "parcel_received"
    INSPECTED = "inspected"
    PAID = "paid"
    COUPON_REINSTATED = "coupon_reinstated"
    POINTS_RESTORED = "points_restored"
    POINTS_CLAWED_BACK = "points_clawed_back"
    CAMPAIGN_CONFIRMED = "campaign_confirmed"
    CAMPAIGN_WITHDRAWN = "campaign_withdrawn"
    COMPLETED = "completed"
    REVIEW_DUE = "review_due"
    REVIEW_OVERDUE = "review_overdue"
    INSPECTION_OVERDUE = "inspection_overdue"
    NEEDS_ATTENTION = "needs_attention"

    @property
    def is_for_operations(self) -> bool:
        return self in (self.REVIEW_DUE, self.REVIEW_OVERDUE, self.INSPECTION_OVERDUE, self.NEEDS_ATTENTION)


DEFAULT_LOCALE = "en"


class Catalogue:
    """Message texts by locale and topic."""

    def __init__(self, texts: Mapping[str, Mapping[str, str]]) -> None:
        """Raise ValueError naming the texts that a locale lacks."""
        for locale, known in texts.items():
            missing = [topic.value for topic in Topic if topic not in known]
            if missing:
                raise ValueError(f"locale {locale} has no text for {', '.join(missing)}")
        self._texts = texts

    def locale_for(self, wished: str) -> str:
        """Return the wished locale, else one of the same language, else English."""
        language = wished.split("-")[0].lower()
        same_language = [locale for locale in self._texts if locale.split("-")[0].lower() == language]
        return wished if wished in self._texts else next(iter(same_language), DEFAULT_LOCALE)

    def text(self, locale: str, topic: Topic, facts: Mapping[str, str]) -> str:
        return self._texts[locale][topic].format_map(facts)


def spoken(money: Money) -> str:
    """Write an amount for people, with as many decimals as its currency has: 12.34 EUR, 500 JPY, ¥547.50."""
    decimals = DECIMALS.get(money.currency, 2)
    sign, units = ("-" if money.minor_units < 0 else ""), abs(money.minor_units)
    whole, rest = divmod(units, 10**decimals)
    amount = f"{sign}{whole:,}" + (f".{rest:0{decimals}d}" if decimals else "")
    return f"¥{amount}" if money.currency == "CNY" else f"{amount} {money.currency}"

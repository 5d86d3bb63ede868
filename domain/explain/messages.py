"""What people are told, in their language (rule 38)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from string import Formatter
from zoneinfo import ZoneInfo

from domain.claims.reasons import Reason
from domain.deadlines import is_end_of_day
from domain.explain import locales
from domain.explain.endings import EndedBecause, EvidenceWanted, HouseReason, RejectionReason
from domain.explain.explanations import Part, Phrase
from domain.money.amounts import Money
from domain.sale.payments import PaymentMethod
from domain.settlement.differences import DifferenceCause


class Topic(StrEnum):
    """One message text each; a language is a file with a text for every topic."""

    RECEIVED = "received"
    EVIDENCE_REQUESTED = "evidence_requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REOPENED = "reopened"
    PARCEL_LOST = "parcel_lost"
    ONE_PARCEL_LOST = "one_parcel_lost"
    LOST_GOODS_PAID = "lost_goods_paid"
    LOST_GOODS_NOT_PAID = "lost_goods_not_paid"
    BANK_TRANSFER = "bank_transfer"
    PAYOUT_FAILED = "payout_failed"
    WAITING_FOR_BALANCE = "waiting_for_balance"
    BALANCE_TOO_LOW = "balance_too_low"
    LABEL_READY = "label_ready"
    RETURN_REMINDER = "return_reminder"
    PARCEL_RECEIVED = "parcel_received"
    INSPECTED = "inspected"
    PAID = "paid"
    OWES_LESS = "owes_less"
    CREDIT_BONUS = "credit_bonus"
    CREDIT_BONUS_WITHDRAWN = "credit_bonus_withdrawn"
    COUPON_REINSTATED = "coupon_reinstated"
    COUPON_USE_REINSTATED = "coupon_use_reinstated"
    POINTS_RESTORED = "points_restored"
    POINTS_CLAWED_BACK = "points_clawed_back"
    CAMPAIGN_CONFIRMED = "campaign_confirmed"
    CAMPAIGN_WITHDRAWN = "campaign_withdrawn"
    COUPON_WITHDRAWN = "coupon_withdrawn"
    POINTS_WITHDRAWN = "points_withdrawn"
    POINTS_GIVEN_AGAIN = "points_given_again"
    EXCLUSIVE_DISCOUNT_WITHDRAWN = "exclusive_discount_withdrawn"
    COUPON_GIVEN_AGAIN = "coupon_given_again"
    CREDIT_GIVEN_AGAIN = "credit_given_again"
    CAMPAIGN_GIVEN_AGAIN = "campaign_given_again"
    DISPUTE_WON = "dispute_won"
    COUPON_RESIDUAL = "coupon_residual"
    COUPON_REVOKED = "coupon_revoked"
    CREDIT_WITHDRAWN = "credit_withdrawn"
    EXCLUSIVE_DISCOUNT_REINSTATED = "exclusive_discount_reinstated"
    GIFT_DEDUCTED = "gift_deducted"
    TIER_CHANGED = "tier_changed"
    TIER_WILL_CHANGE = "tier_will_change"
    AMOUNT_CHANGED = "amount_changed"
    COMPLETED = "completed"
    REVIEW_DUE = "review_due"
    REVIEW_OVERDUE = "review_overdue"
    INSPECTION_OVERDUE = "inspection_overdue"
    NEEDS_ATTENTION = "needs_attention"
    PICKUP_ARRANGED = "pickup_arranged"
    SUSPENDED = "suspended"
    REINSTATED = "reinstated"
    APPEALED = "appealed"

    @property
    def is_for_operations(self) -> bool:
        return self in (
            self.REVIEW_DUE,
            self.REVIEW_OVERDUE,
            self.INSPECTION_OVERDUE,
            self.NEEDS_ATTENTION,
            self.BALANCE_TOO_LOW,
            self.APPEALED,
        )


class Because(StrEnum):
    """Part of a message: why the right to refund is suspended."""

    BECAUSE_REFUND_LIMIT = "because_refund_limit"
    BECAUSE_MALICIOUS_RETURNS = "because_malicious_returns"
    BECAUSE_OPERATIONS = "because_operations"


DEFAULT_LOCALE = "en"


FIGURE = "figure."
"""What the phrases that explain figures begin with in a language's file."""

WHY = "why."
"""What the phrases for why an amount changed begin with."""

DATE = "date."
"""What the ways to write a day and a moment begin with."""

METHOD = "method."
"""What the names of the ways to pay begin with."""

ACCOUNT = METHOD + "account"
"""How the bank account that a customer named is called, by the end of its number."""

CONVERTED = "converted"
"""How a way to pay is named with what went back in its own currency."""

ZONE = "zone."
"""What the names of time zones begin with; a language names those that its people know, and `other`."""

ASKED = "asked."
"""What the names of the four reasons to ask for a refund begin with."""

REASON = "reason."
"""What the sentences for why a refund came to nothing begin with."""

EVIDENCE = "evidence."
"""What the names of the evidence that may be asked for begin with."""

GUIDE = "guide."
"""What the sentences on how to send goods back begin with."""

MAIL = "mail."
"""What stands around a message in an e-mail begins with."""

CODE = "code."
"""What a message with a one-time code begins with."""

_NEEDED = (
    ZONE + "other",
    *(METHOD + method for method in PaymentMethod),
    ACCOUNT,
    CONVERTED,
    FIGURE + "named",
    FIGURE + "unnamed",
    *(topic.value for topic in Topic),
    *(why.value for why in Because),
    *(FIGURE + phrase for phrase in Phrase),
    *(f"{FIGURE}part.{part}" for part in Part),
    *(WHY + cause for cause in DifferenceCause),
    FIGURE + "comma",
    FIGURE + "and",
    DATE + "day",
    DATE + "moment",
    *(ASKED + reason for reason in Reason),
    *(REASON + reason for reason in (*RejectionReason, *HouseReason)),
    *(EVIDENCE + wanted for wanted in EvidenceWanted),
    *(GUIDE + each for each in ("counter", "pickup", "send_by")),
    *(MAIL + each for each in ("subject_order", "subject_rights", "greeting", "greeting_unnamed", "page", "closing")),
    *(CODE + each for each in ("subject", "text")),
)


@dataclass(frozen=True, slots=True)
class MessageDetails:
    """What there is to tell beyond the facts of the refund: codes, and somebody's own words in `note`."""

    note: str = ""
    because: EndedBecause | None = None
    wanted: tuple[EvidenceWanted, ...] = ()


class Catalogue:
    """What is told and explained, by locale."""

    def __init__(self, texts: Mapping[str, Mapping[str, str]]) -> None:
        """Raise ValueError naming the texts that a locale lacks."""
        for locale, known in texts.items():
            missing = [name for name in _NEEDED if name not in known]
            if missing:
                raise ValueError(f"locale {locale} has no text for {', '.join(missing)}")
        self._texts = texts
        self._otherwise = DEFAULT_LOCALE if DEFAULT_LOCALE in texts else next(iter(texts))

    def in_one_language(self, wished: str) -> "Catalogue":
        """Return the same for who wants all of it in one language, whatever a customer's is."""
        locale = self.locale_for(wished)
        return Catalogue({locale: self._texts[locale]})

    def locale_for(self, wished: str) -> str:
        """Return the wished locale, else one of the same language, else English (rule 38)."""
        wished = locales.one_form(wished)
        language = locales.language_of(wished)
        same_language = [locale for locale in self._texts if locales.language_of(locale) == language]
        return wished if wished in self._texts else next(iter(same_language), self._otherwise)

    @property
    def locales(self) -> tuple[str, ...]:
        return tuple(self._texts)

    def phrases(self, locale: str) -> Mapping[str, str]:
        """Return the phrases that sentences about figures are put together from."""
        return self._texts[locale]

    def called(self, locale: str, name: str | None, id_: str) -> str:
        """Call a thing by its name; where it has none, the language decides whether its id is said."""
        texts = self._texts[locale]
        return texts[FIGURE + "named"].format(name=name) if name else texts[FIGURE + "unnamed"].format(id=id_)

    def methods(
        self, locale: str, methods: Iterable[str], converted: Iterable[tuple[str, str]] = (), account: str = ""
    ) -> str:
        """List ways to pay: bank card, store credit; those in another currency with what went back in that.

        `account` is how the number ends of the bank account that the customer named.
        """
        texts = self._texts[locale]
        named = [texts[METHOD + each].format(account=account) for each in methods]
        named += [
            texts[CONVERTED].format(method=texts[METHOD + each].format(account=account), amount=amount)
            for each, amount in converted
        ]
        return self.comma(locale).join(named)

    def causes(self, locale: str, causes: Iterable[DifferenceCause]) -> str:
        """Say why an amount changed."""
        return self.comma(locale).join(self._texts[locale][WHY + cause] for cause in causes)

    def day(self, locale: str, day: date) -> str:
        """Write a day as people read it: 2026-12-05, 2026年12月5日."""
        return self._texts[locale][DATE + "day"].format(year=day.year, month=day.month, day=day.day)

    def moment(self, locale: str, moment: datetime, time_zone: str) -> str:
        """Write a moment by the clocks of a time zone: 2026-12-05 16:17 Europe/Paris."""
        there = moment.astimezone(ZoneInfo(time_zone))
        day = self.day(locale, there)
        texts = self._texts[locale]
        zone = texts.get(ZONE + time_zone) or texts[ZONE + "other"].format(zone=time_zone)
        return texts[DATE + "moment"].format(day=day, time=f"{there:%H:%M}", zone=zone)

    def deadline(self, locale: str, end: datetime, time_zone: str) -> str:
        """Write a deadline: the day where it ends with the day, else the moment (rule 41)."""
        return self.day(locale, end) if is_end_of_day(end) else self.moment(locale, end, time_zone)

    def comma(self, locale: str) -> str:
        """What stands between things that are listed."""
        return self._texts[locale][FIGURE + "comma"]

    def reason(self, locale: str, because: EndedBecause | None) -> str:
        """Say why a refund came to nothing, in general where that is not known."""
        return self._texts[locale][REASON + (because or RejectionReason.OTHER)]

    def evidence(self, locale: str, wanted: Iterable[EvidenceWanted], words: str) -> str:
        """Say which evidence is asked for; a reviewer's own words count where they are in the customer's language."""
        named = [self._texts[locale][EVIDENCE + each] for each in dict.fromkeys(wanted)]
        own = [words] if locales.can_stand_in(locale, words) else []
        general = [self._texts[locale][EVIDENCE + EvidenceWanted.OTHER]]
        return self.comma(locale).join([*named, *own] or general)

    def guide(self, locale: str, carriers_words: str, *, is_collected: bool) -> str:
        """Say how to send goods back: in the carrier's words where they are in the customer's language."""
        if locales.can_stand_in(locale, carriers_words):
            return carriers_words
        return self._texts[locale][GUIDE + ("pickup" if is_collected else "counter")]

    def send_by(self, locale: str, end: datetime, time_zone: str) -> str:
        """Say until when to send them."""
        return self._texts[locale][GUIDE + "send_by"].format(deliver_by=self.deadline(locale, end, time_zone))

    def words(self, locale: str, topic: Topic, said: MessageDetails) -> dict[str, str]:
        """Put what there is to tell into the language of whom it is told; only operations read every word."""
        reason = self.reason(locale, said.because)
        if topic.is_for_operations:
            return {"reason": reason, "note": said.note}
        is_asked = topic is Topic.EVIDENCE_REQUESTED
        return {"reason": reason, "note": self.evidence(locale, said.wanted, said.note) if is_asked else reason}

    def of_those(self, locale: str, topic: Topic, facts: Mapping[str, str]) -> dict[str, str]:
        """Keep the facts that a message tells, of all that there are."""
        return {name: facts[name] for name in placeholders(self._texts[locale][topic])}

    def text(self, locale: str, topic: Topic | Because, facts: Mapping[str, str]) -> str:
        return self._texts[locale][topic].format_map(facts)


def placeholders(text: str) -> list[str]:
    """List what is put into a text, in its order, each once. Raises ValueError where its braces don't fit."""
    return list(dict.fromkeys(name for _, name, _, _ in Formatter().parse(text) if name is not None))


def format_money(money: Money) -> str:
    """Write an amount for people: 12.34 EUR, 500 JPY, ¥547.50. So does every text into which an amount is put."""
    return str(money)

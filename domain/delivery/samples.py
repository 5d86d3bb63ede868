"""Facts as a message might tell them, for those who want to see a message before anybody gets it."""

from datetime import date

from domain.explain.endings import EvidenceWanted
from domain.explain.messages import Catalogue, format_money
from domain.money.amounts import Money
from domain.sale.payments import PaymentMethod
from domain.settlement.differences import DifferenceCause


def samples(catalogue: Catalogue, locale: str, day: date) -> dict[str, str]:
    """Return a value for everything that any message to customers tells; days are `day`."""
    amount, less = format_money(Money("CNY", 547_50)), format_money(Money("CNY", 500_00))
    days = dict.fromkeys(("deliver_by", "day", "pickup_by", "until"), catalogue.day(locale, day))
    amounts = {"total": amount, "quoted": less, "lessened": less, "amount": less}
    return {
        **days,
        **amounts,
        "order": "10042",
        "account": "6789",
        "points": "250",
        "coupon": "SUMMER-50",
        "original": "SUMMER-100",
        "campaign": "618",
        "tier": "Gold",
        "reason": catalogue.reason(locale, None),
        "note": catalogue.evidence(locale, [EvidenceWanted.OTHER], ""),
        "where": catalogue.methods(locale, [PaymentMethod.CARD]),
        "causes": catalogue.causes(locale, [DifferenceCause.POLICY_CHANGED]),
    }

"""Where the law gives a customer a right to money, so that a declined payment does not become credit by rule (rule 54).

By ISO 3166. Credit without the customer's own word is not enough there. It is no advice on the law.
"""

from collections.abc import Mapping
from types import MappingProxyType

from domain.policy import DeclinedTender

_EU = "Directive 2011/83/EU, Article 13(1): by the means of payment that was used, unless expressly agreed otherwise"
_EEA = f"{_EU} (incorporated into the EEA Agreement, Annex XIX)"

_MEMBERS = (
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU"),
    *("LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
)

SOURCES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(_MEMBERS, _EU),
        **dict.fromkeys(("IS", "LI", "NO"), _EEA),
        "GB": "Consumer Contracts Regulations 2013, regulation 34; Consumer Rights Act 2015, section 20",
        "CN": "《网络购买商品七日无理由退货暂行办法》第十四条、第十五条; Consumer Protection Law, Article 25",
        "KR": "Act on the Consumer Protection in Electronic Commerce, Article 18",
        "AU": "Australian Consumer Law, section 263: not by letting the consumer acquire goods",
        "NZ": "Consumer Guarantees Act 1993, section 23: in cash, not by letting the consumer acquire goods",
        "BR": "Código de Defesa do Consumidor, artigos 18 e 49",
    }
)
"""The countries, each with where it is written."""


def usual_when_declined(country: str | None) -> DeclinedTender:
    """Say what becomes of a declined payment where the policy does not: a person decides where there is that right."""
    return DeclinedTender.HOLD if country in SOURCES else DeclinedTender.STORE_CREDIT

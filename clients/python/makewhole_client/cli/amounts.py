"""Amounts as people read them."""

_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DECIMALS = "CLF UYW"

DECIMALS = {
    **dict.fromkeys(_NO_DECIMALS.split(), 0),
    **dict.fromkeys(_THREE_DECIMALS.split(), 3),
    **dict.fromkeys(_FOUR_DECIMALS.split(), 4),
}
"""Currencies whose minor unit is no hundredth."""


def in_words(minor_units: int, currency: str) -> str:
    """Write an amount: 12.34 EUR, 500 JPY."""
    decimals = DECIMALS.get(currency, 2)
    whole, rest = divmod(abs(minor_units), 10**decimals)
    amount = f"{whole:,}" + (f".{rest:0{decimals}d}" if decimals else "")
    return f"{'-' if minor_units < 0 else ''}{amount} {currency}"

"""Amounts of Shopify's payloads: in the currency that the customer saw, each checked against its other writing."""

from dataclasses import dataclass

from importers.amounts import in_units
from importers.fields import Fields
from importers.outcome import Unreadable


@dataclass(frozen=True, slots=True)
class Prices:
    """`currency` is the customer's (presentment), `shop` the shop's own; plain amounts are in the shop's.

    With `taxes_included` taxes are inside prices, else they come on top.
    """

    currency: str
    shop: str
    taxes_included: bool

    @classmethod
    def of(cls, order: Fields) -> "Prices":
        shop = order.must("currency")
        return cls(order.text("presentment_currency") or shop, shop, order.flag("taxes_included"))

    @property
    def is_foreign(self) -> bool:
        return self.currency != self.shop

    def amount(self, fields: Fields, name: str) -> int:
        """Read an amount and the two-currency `_set` beside it. Raises Unreadable where they contradict each other."""
        plain = fields.money(name, self.shop)
        both = fields.object(f"{name}_set")
        if both is None:
            if self.is_foreign and plain:
                raise Unreadable(
                    fields.at(name),
                    f"the customer paid in {self.currency}, and this is in {self.shop} alone: {name}_set must be there",
                )
            return plain
        shown = self.shown(both)
        stands = _of(both, "shop_money", self.shop)
        if fields.has(name) and stands is not None and stands != plain:
            raise Unreadable(
                fields.at(name), f"{in_units(plain, self.shop)} here, and {in_units(stands, self.shop)} in {name}_set"
            )
        return shown

    def shown(self, both: Fields) -> int:
        """Read what the customer saw of a pair of amounts."""
        shown, in_shop = _of(both, "presentment_money", self.currency), _of(both, "shop_money", self.shop)
        if shown is None and not self.is_foreign:
            shown = in_shop
        if shown is None:
            raise Unreadable(both.at("presentment_money"), f"what it was in {self.currency} must be there")
        return shown


def _of(both: Fields, name: str, currency: str) -> int | None:
    money = both.object(name)
    if money is None:
        return None
    said = money.text("currency_code") or money.text("currency")
    if said != currency:
        raise Unreadable(money.at("currency_code"), f"{said!r}, where {currency} is expected")
    return money.money("amount", currency)

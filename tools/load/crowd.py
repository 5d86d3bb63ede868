"""Whose the copies are: merchants and customers by Zipf's law, over two years, and one customer with 10,000 orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg import Connection

MERCHANTS = 50
DAYS = 730
_ORDERS_OF_A_CUSTOMER = 4
_HEAD = 20
"""Zipf's law with its head cut off (Mandelbrot's): the busiest of 40,000 customers has some 0.6 % of the orders."""

WHALE, _ORDERS_OF_THE_WHALE = "whale", 10_000
_MOST_OF_ALL = 20
"""Of a small load the whale has no more than one order in so many."""

_COPIES = """
create temporary table copies (
    original text, place int, suffix text, merchant_id text, customer_id text, days int
)
"""
_COPY = """
insert into copies
select %(original)s, place, 'x' || lpad(to_hex(%(before)s + place), 6, '0'),
       case merchant when 1 then %(merchant_id)s else 'shop-' || lpad(merchant::text, 2, '0') end,
       'customer-' || floor(%(head)s * power(1 + customers / %(head)s, chance) - %(head)s)::int,
       case when %(is_open)s then 0 else 1 + floor(random() * %(days)s)::int end
from (
    select place, merchant, chance, %(crowd)s * ln(1 + 1.0::float8 / merchant) / ln(%(merchants)s + 1) as customers
    from (select place, floor(power(%(merchants)s + 1, random()))::int as merchant, random() as chance
          from generate_series(1, %(count)s) place) drawn
) of_merchants
"""
_WHALE = """
update copies set merchant_id = %(merchant_id)s, customer_id = %(whale)s
where original = %(original)s and place <= %(count)s
"""
_CUSTOMERS = """
insert into customers (merchant_id, customer_id, locale)
select distinct merchant_id, customer_id, 'zh-CN' from copies where original = any(%s) on conflict do nothing
"""
_OF_A_MERCHANT = """
insert into policies select shop, version, document, created_at from policies, {shops} where merchant_id = %s
    on conflict do nothing;
insert into campaigns select shop, campaign_id, terms, created_at from campaigns, {shops} where merchant_id = %s
    on conflict do nothing;
insert into compared_books (merchant_id) select shop from {shops} where %s <> '' on conflict do nothing
"""
_STANDINGS = """
insert into campaign_standings
select copies.merchant_id, copies.customer_id, campaign_id, currency,
       sum(paid), sum(refunded), sum(orders), sum(returned)
from copies join campaign_standings on campaign_standings.merchant_id = %(merchant_id)s
                                   and campaign_standings.customer_id = original || %(customer)s
where original = any(%(of_anybody)s) group by 1, 2, 3, 4
"""
_COUNTED = """
update customers set counted_until = newest.number
from (select merchant_id, max(number) as number from campaigns group by 1) newest
where customers.merchant_id = newest.merchant_id
  and (customers.merchant_id <> %(merchant_id)s and counted_until is not null
       or (customers.merchant_id, customers.customer_id)
          in (select merchant_id, customer_id from copies where original = any(%(of_anybody)s)))
"""


@dataclass(frozen=True, slots=True)
class Share:
    """How often a case is copied; `is_open` where its refund is not over, and so of today."""

    count: int
    is_open: bool
    is_of_anybody: bool


def draw(database: Connection, shares: Mapping[str, Share], merchant_id: str, sold: str, days: int = DAYS) -> int:
    """Fill the table `copies`, always alike, and make merchants and customers; return how many orders the whale has."""
    database.execute(_COPIES)
    database.execute("select setseed(0.5)")
    orders, before = sum(each.count for each in shares.values()), 0
    fixed = {"merchant_id": merchant_id, "merchants": float(MERCHANTS), "head": float(_HEAD), "days": days}
    for name, share in shares.items():
        own = {"original": name, "before": before, "count": share.count, "is_open": share.is_open}
        database.execute(_COPY, {**fixed, **own, "crowd": orders / _ORDERS_OF_A_CUSTOMER})
        before += share.count
    of_whale = min(_ORDERS_OF_THE_WHALE, orders // _MOST_OF_ALL, shares[sold].count)
    whale = {"merchant_id": merchant_id, "whale": WHALE, "original": sold, "count": of_whale}
    database.execute(_WHALE, whale)
    database.execute("create index on copies (original)")
    database.execute("analyze copies")
    database.execute(_CUSTOMERS, ([name for name, share in shares.items() if share.is_of_anybody],))
    shops = "(select distinct merchant_id as shop from copies) shops"
    for statement in _OF_A_MERCHANT.format(shops=shops).split(";"):
        database.execute(statement, (merchant_id,))
    return of_whale


def count(database: Connection, of_anybody: Sequence[str], merchant_id: str, customer: str) -> None:
    """Sum up what customers' orders come to, from the originals', whose customers' names end with `customer`."""
    named = {"of_anybody": list(of_anybody), "merchant_id": merchant_id, "customer": customer}
    database.execute(_STANDINGS, named)
    database.execute(_COUNTED, named)

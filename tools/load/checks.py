"""What must be true of a loaded database: the books balance, nothing hangs in the air, both sides say the same."""

from collections.abc import Mapping

from psycopg import Connection

_MUST_BE_NONE = {
    "entries that do not sum to zero": """
        select count(*) from (select from postings group by entry_id, unit having sum(amount) <> 0) unbalanced
    """,
    "payments of which more was paid back than captured": """
        select count(*) from (
            select from postings where account = 'payment' group by merchant_id, owner, unit having sum(amount) > 0
        ) overpaid
    """,
    "postings without an entry": """
        select count(*) from postings left join ledger_entries using (entry_id) where ledger_entries.entry_id is null
    """,
    "refunds without their order": """
        select count(*) from refunds left join orders using (merchant_id, order_id) where orders.order_id is null
    """,
    "orders without their customer": """
        select count(*) from orders left join customers using (merchant_id, customer_id)
        where customers.customer_id is null
    """,
    "claims, words or evidence without their refund": """
        select count(*) from (
            select refund_id from refund_claims union select refund_id from words
            union select refund_id from refund_evidence
        ) said left join refunds using (refund_id) where refunds.refund_id is null
    """,
    "customers whose lots of points are not their balance": """
        select count(*) from (
            select merchant_id, owner as customer_id, sum(amount) as points from postings
            where account = 'points' group by 1, 2
        ) booked full join (
            select merchant_id, customer_id, sum(remaining) as points from points_lots group by 1, 2
        ) lots using (merchant_id, customer_id)
        where greatest(coalesce(booked.points, 0), 0) <> coalesce(lots.points, 0)
    """,
    "payouts that the provider has not paid, or paid otherwise": """
        select count(*) from (
            select merchant_id, key, amount from payouts
            where status = 'succeeded' and method <> 'store_credit' and paid_by = 'gateway'
        ) ours full join (
            select merchant_id, key, sum(amount) as amount from sandbox.refunds where status = 'succeeded' group by 1, 2
        ) theirs using (merchant_id, key)
        where ours.amount is distinct from theirs.amount
    """,
}


def differences(database: Connection) -> Mapping[str, int]:
    """Count what is wrong, by a sentence that says what; empty where all is well."""
    counted = {sentence: _count(database, query) for sentence, query in _MUST_BE_NONE.items()}
    return {sentence: count for sentence, count in counted.items() if count}


def _count(database: Connection, query: str) -> int:
    found = database.execute(query).fetchone()
    assert found is not None
    return int(found[0])

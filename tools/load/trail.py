"""The audit trail of the copies, chained as upkeep chains it, but before it is in its table: there nothing changes."""

from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from db.journal import GENESIS, entry_hash

_HEADS = """
insert into audit_heads (merchant_id, sequence, hash) values (%s, %s, %s)
on conflict (merchant_id) do update set sequence = excluded.sequence, hash = excluded.hash
"""
_NUMBERED = """
update new_audit set customer_number = numbered.number + coalesce(counts.count, 0)
from (
    select ctid as place, merchant_id, customer_id,
           row_number() over (partition by merchant_id, customer_id order by at) as number
    from new_audit where customer_number is not null
) numbered
left join audit_counts counts using (merchant_id, customer_id)
where new_audit.ctid = numbered.place
"""
"""A customer has copies of many originals, whose entries are counted on."""
_COUNTED = """
insert into audit_counts (merchant_id, customer_id, count)
select merchant_id, customer_id, max(customer_number) from new_audit where customer_number is not null
group by merchant_id, customer_id
on conflict (merchant_id, customer_id) do update set count = excluded.count
"""
_IN_ORDER = """
select nextval(pg_get_serial_sequence('audit_entries', 'entry_id')) as entry_id, merchant_id, at, order_id, refund_id,
       action, actor, detail, customer_id, refund_number, customer_number
from (select * from new_audit order by merchant_id, at) ordered
"""
_COLUMNS = (
    *("entry_id", "merchant_id", "at", "order_id", "refund_id", "action", "actor", "detail", "customer_id"),
    *("refund_number", "customer_number"),
    *("sequence", "previous_hash", "hash"),
)


def open_trail(database: Connection) -> None:
    """Make a place for entries that are not chained yet."""
    database.execute("create temporary table new_audit (like audit_entries)")
    database.execute("alter table new_audit alter column entry_id drop not null")


def chain(database: Connection, writing: Connection) -> int:
    """Chain them merchant by merchant, each in the order of its times; return how many there are.

    They are read on one connection and written on another, where no merchant's chain goes on meanwhile.
    """
    database.execute(_NUMBERED)
    database.execute(_COUNTED)
    locked = writing.execute("select merchant_id, sequence, hash from audit_heads for update")
    heads = {row[0]: (row[1], row[2]) for row in locked}
    count = 0
    with database.cursor("unchained", row_factory=dict_row) as entries, writing.cursor() as target:
        entries.itersize = 5_000
        entries.execute(_IN_ORDER)
        with target.copy(f"copy audit_entries ({', '.join(_COLUMNS)}) from stdin") as into:
            for entry in entries:
                place, previous = heads.get(entry["merchant_id"], (0, GENESIS))
                chained = _chained(entry, place + 1, previous)
                heads[entry["merchant_id"]] = place + 1, chained["hash"]
                into.write_row([_as_sent(chained[name]) for name in _COLUMNS])
                count += 1
        target.executemany(_HEADS, [(merchant_id, *head) for merchant_id, head in heads.items()])
    writing.commit()
    return count


def _chained(entry: dict[str, Any], sequence: int, previous: str) -> dict[str, Any]:
    linked = {**entry, "sequence": sequence, "previous_hash": previous}
    return {**linked, "hash": entry_hash(linked)}


def _as_sent(value: Any) -> Any:
    return Jsonb(value) if isinstance(value, dict) else value

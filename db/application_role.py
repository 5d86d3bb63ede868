"""What the programs may do in the database: their role owns nothing, and can't change what is only ever added to."""

import logging
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.ext.asyncio import AsyncEngine

from db.whose import of_nobody

log = logging.getLogger(__name__)

_ADDS = frozenset({"select", "insert"})
_CHANGES = _ADDS | {"update"}
_DELETES = _CHANGES | {"delete"}

_ADDED_TO = frozenset(
    {
        "audit_blocks",
        "audit_checkpoints",
        "audit_entries",
        "audit_texts",
        "audit_time_stamps",
        "ended_payout_keys",
        "foreign_refunds",
        "ledger_entries",
        "merchant_reasons",
        "messages",
        "order_versions",
        "policies",
        "postings",
        "refund_events",
        "refund_evidence",
        "webhook_attempts",
    }
)
"""What was said, booked or agreed stays: no program changes or deletes a row of these."""

_FORGOTTEN = frozenset({"keyed_words"})
"""What was said stays as it was said, and is forgotten as a whole when nothing needs it any more."""

_DELETED_FROM = frozenset(
    {
        "api_keys",
        "bulk_lines",
        "bulks",
        "campaign_standings",
        "coupon_counts",
        "coupon_uses",
        "exclusive_uses",
        "idempotency_keys",
        "identity_codes",
        "identity_providers",
        "identity_sessions",
        "passkey_challenges",
        "passkeys",
        "payment_instruments",
        "payouts",
        "picture_looks",
        "pictures",
        "rate_counts",
        "refund_marks",
        "review_assignments",
        "settlement_differences",
        "settlement_report_parts",
        "settlement_reports",
        "sign_ins",
        "staff_sessions",
        "steps",
        "stray_disputes",
        "webhook_endpoints",
        "webhook_events",
        "webhook_secrets",
        "webhooks",
        "words",
    }
)

_SEALED = ("sequence", "previous_hash", "hash")
"""Of an audit entry these are filled in once, when it is chained: a trigger sees to the once."""

_PLANNED = "planned_at"
"""Of a message this is filled in by who sends it on; what was said stays."""

_ERASES = "erase_personal_data(text, text[])"
"""It has its owner's rights: of what was said, the programs can overwrite what is personal of one customer alone."""

_FINDS_ORDERS = "orders_charged_as(text[])"
"""It has its owner's rights for the sake of an index, and shows what the policy of orders does."""

_FORGETS = "forget_messages(text[], bigint)"
"""It has its owner's rights: of what people were told, the programs can take away those of long ended refunds alone."""

_OF_MIGRATIONS = "alembic_version"

_SANDBOX = "sandbox"
"""Books of a stand-in for a provider: what it does there is not for us to say."""


class TooPowerful(Exception):
    """The role that the programs connect as may do more than they need, on a server that others reach."""


class NoSuchRole(Exception):
    """The role that the programs connect as can't be given rights."""


def wanted(table: str) -> frozenset[str]:
    """Return what the programs may do with a table of ours; a new one may be read, added to and changed."""
    if table == _OF_MIGRATIONS:
        return frozenset({"select"})
    if table in _ADDED_TO:
        return _ADDS
    if table in _FORGOTTEN:
        return _ADDS | {"delete"}
    return _DELETES if table in _DELETED_FROM else _CHANGES


def grant(connection: Connection, role: str) -> None:
    """Let a role do what the programs do, and nothing else, in the transaction of this connection: its owner's.

    Raises NoSuchRole.
    """
    quote = connection.dialect.identifier_preparer.quote
    if not connection.execute(text("select to_regrole(:role)"), {"role": quote(role)}).scalar_one():
        raise NoSuchRole(f"there is no role {role!r}: make it with `create role {role} login password '…'`")
    ours = str(connection.execute(text("select current_schema()")).scalar_one())
    names = {"role": quote(role), "ours": quote(ours), "sandbox": _SANDBOX}
    names["database"] = quote(str(connection.execute(text("select current_database()")).scalar_one()))
    for statement in _AROUND_THE_TABLES:
        connection.exec_driver_sql(statement.format(**names))
    for table in _tables_in(connection, ours):
        may = wanted(table)
        if _held(connection, role, f"{names['ours']}.{quote(table)}") != may:
            named = f"{names['ours']}.{quote(table)}"
            connection.exec_driver_sql(f"revoke all on {named} from public, {names['role']}")
            connection.exec_driver_sql(f"grant {', '.join(sorted(may))} on {named} to {names['role']}")
    connection.exec_driver_sql(f"grant update ({', '.join(_SEALED)}) on audit_entries to {names['role']}")
    connection.exec_driver_sql(f"grant update ({_PLANNED}) on messages to {names['role']}")
    for function in (_ERASES, _FINDS_ORDERS, _FORGETS):
        connection.exec_driver_sql(f"grant execute on function {function} to {names['role']}")


_AROUND_THE_TABLES = (
    "revoke create, temporary on database {database} from public, {role}",
    "grant connect on database {database} to {role}",
    "revoke create on schema {ours}, {sandbox} from public, {role}",
    "grant usage on schema {ours}, {sandbox} to {role}",
    "grant usage on all sequences in schema {ours} to {role}",
    "grant select, insert, update, delete on all tables in schema {sandbox} to {role}",
    # What a migration makes may be used by the programs before anybody thinks of it.
    "alter default privileges in schema {ours} grant select, insert, update on tables to {role}",
    "alter default privileges in schema {ours} grant usage on sequences to {role}",
    "alter default privileges in schema {sandbox} grant select, insert, update, delete on tables to {role}",
)


def _tables_in(connection: Connection, schema: str) -> Iterable[str]:
    query = text("select tablename from pg_tables where schemaname = :schema order by tablename")
    return connection.execute(query, {"schema": schema}).scalars().all()


def _held(connection: Connection, role: str, table: str) -> set[str]:
    """Return what a role may do with a whole table: what is as it should be is not granted again at each start."""
    query = text("""
        select lower(privilege_type) from pg_class, aclexplode(relacl)
        where pg_class.oid = to_regclass(:table) and grantee in (0, to_regrole(:role)::oid)
    """)
    known = {"table": table, "role": connection.dialect.identifier_preparer.quote(role)}
    return set(connection.execute(query, known).scalars())


def current_user(database_url: str) -> str:
    """Ask the server who an address is; raises sqlalchemy's OperationalError where it can't be asked."""
    engine = create_engine(database_url)
    try:
        with engine.connect() as connection:
            return str(connection.execute(text("select current_user")).scalar_one())
    finally:
        engine.dispose()


async def warn_of_excess(engine: AsyncEngine) -> None:
    """Say in the log what the role of an engine may do that no program needs."""
    excess = await excess_of(engine)
    if excess:
        log.warning("%s", _sentence(excess))


async def refuse_excess(engine: AsyncEngine) -> None:
    """Raises TooPowerful where the role of an engine may do what no program needs."""
    excess = await excess_of(engine)
    if excess:
        raise TooPowerful(f"{_sentence(excess)}, or MAKEWHOLE_POWERFUL_DATABASE_ROLE=yes to run with it all the same")


def _sentence(excess: Sequence[str]) -> str:
    return (
        f"the role of MAKEWHOLE_DATABASE_URL {'; it '.join(excess)}: whoever breaks into a program may change books. "
        "Give the programs a role of their own (docs/operations.md, The database's roles)"
    )


async def excess_of(engine: AsyncEngine) -> tuple[str, ...]:
    """Say in words what the role of an engine may do that no program needs; nothing where all is as it should be."""
    with of_nobody():
        async with engine.connect() as connection:
            found = (await connection.execute(_POWERS, {"added_to": sorted(_ADDED_TO)})).one()
    excess = tuple(words for name, words in _IN_WORDS.items() if found._mapping[name])
    return excess[:1] if found.is_superuser else excess  # who is one may do all the rest


_POWERS = text("""
    select rolsuper as is_superuser,
        has_parameter_privilege('session_replication_role', 'set') as switches_triggers_off,
        rolbypassrls as bypasses,
        rolcreaterole as makes_roles,
        exists (
            select from pg_class where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p')
                and pg_has_role(relowner, 'member')
        ) as owns,
        has_schema_privilege(current_schema(), 'create') or has_database_privilege(current_database(), 'create')
            as creates,
        has_database_privilege(current_database(), 'temporary') as makes_temporary,
        exists (
            select from pg_class where relnamespace = current_schema()::regnamespace and relname = any(:added_to)
                and has_table_privilege(pg_class.oid, 'update, delete, truncate, trigger')
        ) as changes
    from pg_roles where rolname = current_user
""")

_IN_WORDS: Mapping[str, str] = {
    "is_superuser": "is a superuser",
    "switches_triggers_off": "may switch all triggers off",
    "bypasses": "may bypass row security",
    "makes_roles": "may make roles",
    "owns": "owns tables, and so may disable their triggers",
    "creates": "may make tables and schemas",
    "makes_temporary": "may make temporary tables",
    "changes": "may change the audit trail, the ledger, or what else is only added to",
}

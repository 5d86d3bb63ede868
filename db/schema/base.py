"""What all tables are made of."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Integer,
    MetaData,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB as _JSONB

JSONB = _JSONB(none_as_null=True)


"""None is SQL's null, not a JSON null that looks like a value."""


metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    }
)


def text_column(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=primary_key, nullable=nullable)


def amount_column(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def time_column(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def now_column(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())


def their_now_column(name: str) -> Column[object]:
    """What is a merchant's is written by their clock (`db/merchant_time.py`)."""
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now() + func.merchant_ahead())


def outbox_columns() -> tuple[Column[int], Column[object], Column[object], Column[object]]:
    """What every row has that is sent to somebody after its transaction (`db/outbox.py`).

    How often it was taken up, since when it is there, when it is to be taken up next (while somebody is at it: when
    their lease ends), and when it ended.
    """
    attempts: Column[int] = Column("attempts", Integer, nullable=False, server_default="0")
    return attempts, now_column("created_at"), now_column("due_at"), time_column("ended_at", nullable=True)

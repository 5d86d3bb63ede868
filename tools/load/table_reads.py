"""What Postgres has read of each table, as it counts it itself: no list of queries is needed to see what grows."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

_READS = """
select schemaname || '.' || tables.relname as name, greatest(reltuples, 0)::bigint as rows, seq_scan as scans,
       coalesce((select sum(idx_tup_read) from pg_stat_user_indexes indexes where indexes.relid = tables.relid), 0)
       as by_index
from pg_stat_user_tables tables join pg_class on pg_class.oid = relid
"""
_END_OTHERS = """
select pg_terminate_backend(pid, 10000) from pg_stat_activity
where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
"""
_LEAST = 1_000
"""A table of fewer rows is read from end to end for good reasons, at no cost."""


@dataclass(frozen=True, slots=True)
class TableReads:
    """`scans`: how often a table of so many `rows` was read from end to end; `by_index`: how many rows otherwise."""

    name: str
    rows: int
    scans: int
    by_index: int

    @property
    def is_small(self) -> bool:
        return self.rows < _LEAST

    @property
    def grows_with_the_table(self) -> bool:
        """Whether more was read than a look-up by an index needs: an index read whole is no better than the table."""
        return not self.is_small and (self.scans > 0 or self.by_index > self.rows)

    def __str__(self) -> str:
        return f"{self.name} ({self.rows} rows): {self.scans} scans, {self.by_index} rows by index"


async def forget_reads(engine: AsyncEngine) -> None:
    await reads(engine)
    async with engine.begin() as connection:
        await connection.execute(text("select pg_stat_reset()"))


async def reads(engine: AsyncEngine) -> list[TableReads]:
    """Read the counts; every other connection is ended first: only then it tells all that it has counted."""
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text(_END_OTHERS))
        await connection.execute(text("select pg_stat_force_next_flush()"))
        return [TableReads(*row) for row in await connection.execute(text(_READS))]

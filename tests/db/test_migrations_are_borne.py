"""Migrations that old and new code both bear, while a deployment goes on: read by squawk, a linter of migrations.

Old programs go on while the new tables are there already, and code may go back. So a migration only adds (it expands);
what nobody uses any more is taken away by a later release (it contracts). And none keeps a table that grows locked for
long. See docs/decisions/0110-migrations-are-borne-by-old-and-new-code.md.
"""

import importlib.util
import io
import json
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from alembic import op
from alembic.migration import MigrationContext
from alembic.operations import Operations

VERSIONS = Path(__file__).parents[2] / "db" / "migrations" / "versions"
SINCE = "0066"
"""Those before came before this rule: nobody deployed them beside older code."""

NOT_OURS = {
    "require-lock-timeout": "db/migrate.py sets it for all",
    "require-statement-timeout": "to build an index takes as long as it takes, and stops nobody",
    "prefer-robust-stmts": "each migration is a transaction",
    "prefer-text-field": "lengths are held by the API",
    "prefer-bigint-over-int": "counts of one order's things",
    "prefer-bigint-over-smallint": "likewise",
}


def problems(sql: str) -> set[str]:
    """The names of the rules that these statements break."""
    squawk = Path(sysconfig.get_path("scripts")) / "squawk"
    options = ("--pg-version=15", "--reporter=Json", "--stdin-filepath=migration.sql")
    command = [str(squawk), *options, f"--exclude={','.join(NOT_OURS)}"]
    ran = subprocess.run(command, input=sql, capture_output=True, text=True, check=False)
    return {each["rule_name"] for each in json.loads(ran.stdout)}


def migration(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sql_of(upgrade: Callable[[], None]) -> str:
    """What a migration sends, without a database: it must not depend on what it reads there."""
    written = io.StringIO()
    context = MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True, "output_buffer": written})
    with Operations.context(context), context.begin_transaction():
        upgrade()
    return written.getvalue()


def test_each_migration_is_borne_by_the_code_before_it_and_holds_nobody_up() -> None:
    """One that breaks a rule for a good reason says so: `BORNE = {"ban-drop-column": "unused since 0.2.0"}`."""
    found = {path.stem: migration(path) for path in VERSIONS.glob("0*.py") if path.stem >= SINCE}

    judged = {name: problems(sql_of(each.upgrade)) ^ set(getattr(each, "BORNE", {})) for name, each in found.items()}
    assert {name: wrong for name, wrong in judged.items() if wrong} == {}


def test_an_index_is_built_beside_the_work_in_a_block_of_its_own() -> None:
    def upgrade() -> None:
        with op.get_context().autocommit_block():
            op.create_index("told", "refunds", ["told"], postgresql_concurrently=True)

    assert problems(sql_of(upgrade)) == set()


def test_migrations_are_read_as_they_are_sent() -> None:
    """The last of those before the rule, of which each added an index to a table that grows."""
    assert problems(sql_of(migration(VERSIONS / "0063_receipts_of_messages_are_asked_for.py").upgrade)) == {
        "require-concurrent-index-creation"
    }


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("alter table refunds drop column status", "ban-drop-column"),
        ("alter table refunds rename column status to state", "renaming-column"),
        ("alter table refunds rename to returns", "renaming-table"),
        ("drop table refunds", "ban-drop-table"),
        ("alter table refunds add column told integer not null", "adding-required-field"),
        ("alter table refunds add column told uuid default gen_random_uuid()", "adding-field-with-default"),
        ("alter table refunds alter column told type bigint", "changing-column-type"),
        ("alter table refunds alter column told set not null", "adding-not-nullable-field"),
        ("alter table refunds drop constraint told", "ban-drop-constraint"),
        ("alter table refunds add constraint told check (told > 0)", "constraint-missing-not-valid"),
        ("create index told on refunds (told)", "require-concurrent-index-creation"),
        ("drop index told", "require-concurrent-index-deletion"),
    ],
)
def test_what_old_code_can_not_bear_or_what_locks_for_long_is_found(sql: str, rule: str) -> None:
    assert problems(f"begin; {sql}; commit;") == {rule}


@pytest.mark.parametrize(
    "sql",
    [
        "alter table refunds add column told text",
        "alter table refunds add column told text not null default ''",
        "create table told (id bigint primary key, name text not null); create index told_name on told (name)",
        "alter table refunds add constraint told check (told > 0) not valid",
    ],
)
def test_what_only_adds_is_not(sql: str) -> None:
    assert problems(f"begin; {sql}; commit;") == set()

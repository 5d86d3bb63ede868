"""Temporal without makewhole: an empty workflow, one of a refund's shape, and a bare start with what a POST inserts."""

import json
import secrets
import time
from typing import Any

import psycopg
from temporalio.client import Client

from proof.bench.floor_workflows import TASK_QUEUE, Empty, SameShape
from proof.bench.refunding import Times

_TABLES = """
create schema bench;
create table bench.idempotency_keys (merchant_id text, key text, body jsonb not null, primary key (merchant_id, key));
create table bench.refunds (refund_id text primary key, body jsonb not null, created_at timestamptz default now());
create table bench.claims (refund_id text, line_id text, body jsonb not null, primary key (refund_id, line_id));
create table bench.refund_events (refund_id text, number int, body jsonb not null, primary key (refund_id, number));
create table bench.audit_entries (refund_id text, number int, body jsonb not null, primary key (refund_id, number));
"""
_INSERTS = (
    "insert into bench.idempotency_keys values ('bench', %(id)s, %(long)s)",
    "insert into bench.refunds values (%(id)s, %(long)s)",
    "insert into bench.claims values (%(id)s, 'l1', %(short)s)",
    "insert into bench.refund_events values (%(id)s, 1, %(short)s)",
    "insert into bench.audit_entries values (%(id)s, 1, %(short)s)",
)
"""What a POST stores, by the kind of row; it reads and locks nothing."""

_LONG, _SHORT = json.dumps({"quote": "x" * 1_500}), json.dumps({"note": "x" * 200})


class Floors:
    """local, durable: how many activities of each kind a plain refund has."""

    def __init__(self, client: Client, books: psycopg.AsyncConnection[Any], local: int, durable: int) -> None:
        self._client = client
        self._books = books
        self._shape = [local, durable]

    async def open(self) -> None:
        await self._books.execute(_TABLES)
        await self._books.commit()

    async def empty(self, id_: str) -> Times:
        began = time.perf_counter()
        await self._client.execute_workflow(Empty.run, "nothing", id=id_, task_queue=TASK_QUEUE)
        return {"completed": time.perf_counter() - began}

    async def same_shape(self, id_: str) -> Times:
        began = time.perf_counter()
        await self._client.execute_workflow(SameShape.run, args=self._shape, id=id_, task_queue=TASK_QUEUE)
        return {"completed": time.perf_counter() - began}

    async def bare_start(self, id_: str) -> Times:
        """One caller's: insert and commit, start an empty workflow, and wait for its end before the next."""
        began = time.perf_counter()
        for insert in _INSERTS:
            await self._books.execute(insert.encode(), {"id": id_, "long": _LONG, "short": _SHORT}, prepare=True)
        await self._books.commit()
        begun = await self._client.start_workflow(Empty.run, "nothing", id=id_, task_queue=TASK_QUEUE)
        submitted = time.perf_counter()
        await begun.result()
        return {"submit": submitted - began, "completed": time.perf_counter() - began}


async def names(count: int) -> list[str]:
    """Name so many workflows."""
    return [f"bench-{secrets.token_hex(8)}" for _ in range(count)]

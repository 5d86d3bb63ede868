"""Statements that are built once and from then on only filled in: to build one costs more than to send it.

    @built_once
    def _of_refund(*, refund_id: Any, step: Any) -> Select[Any]:
        return select(steps).where(steps.c.refund_id == refund_id, steps.c.step == step)

    rows = await _of_refund(refund_id=refund_id, step=step).on(connection)

The function is called once, with a parameter in the place of each value: values are named. What makes another
statement of it comes by position and can be hashed: for each such shape the function is called once. A parameter that
is compared with no column needs `typed`. Of a list of values one says `one_of(column, values)`, not `in_`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any, Generic, ParamSpec, cast

from sqlalchemy import ARRAY, BindParameter, ColumnElement, Executable, Result, any_, bindparam, literal, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeDecorator, TypeEngine

from db.driver import Compiled

P = ParamSpec("P")

_PREFIX = "its_"
"""A parameter must not be named as a column that is set."""


_MOST_SHAPES = 200
"""A function has one, or some dozens of them."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A statement with the values of its parameters."""

    built: "Built[Any]"
    shape: tuple[Hashable, ...]
    values: Mapping[str, Any]

    @property
    def named(self) -> dict[str, Any]:
        """The values by the names that the function has for them."""
        return {name.removeprefix(_PREFIX): value for name, value in self.values.items()}

    async def on(self, connection: AsyncConnection) -> Result[Any]:
        """Send it, and return what comes of it; raises what SQLAlchemy raises."""
        if isinstance(connection, AnswersFilled):
            return await connection.answer(self)
        return await self.built.compiled(self).send(connection, self.values)


class AnswersFilled(ABC):
    """Stands for a connection, and sends filled statements its own way."""

    @abstractmethod
    async def answer(self, query: Any) -> Result[Any]: ...


class Built(Generic[P]):
    def __init__(self, build: Callable[P, Executable]) -> None:
        self._build: Callable[..., Executable] = build
        self._kept: dict[tuple[Hashable, ...], Compiled] = {}
        update_wrapper(self, build)

    def __call__(self, *shape: P.args, **values: P.kwargs) -> Filled:
        named = {_PREFIX + name: value for name, value in values.items()}
        return Filled(self, cast(tuple[Hashable, ...], (*shape, *named)), named)

    def compiled(self, filled: Filled) -> Compiled:
        kept = self._kept.get(filled.shape)
        if kept is None:
            if len(self._kept) >= _MOST_SHAPES:
                self._kept.clear()
            kept = self._kept[filled.shape] = Compiled(self.statement(filled), filled.values)
        return kept

    def statement(self, filled: Filled, prefix: str = "") -> Executable:
        """Build the statement; its parameters are named as the values are, with a prefix before each."""
        shape = filled.shape[: len(filled.shape) - len(filled.values)]
        parameters: dict[str, Any] = {
            name.removeprefix(_PREFIX): bindparam(prefix + name, required=False) for name in filled.values
        }
        return self._build(*shape, **parameters)

    def part(self, **parameters: Any) -> Any:
        """Build it as a part of another statement, with parameters of that one."""
        return self._build(**parameters)


def built_once(build: Callable[P, Executable]) -> Built[P]:
    return Built(build)


def typed(value: Any, type_: type[TypeEngine[Any]] | TypeEngine[Any]) -> Any:
    """Say of what type a parameter is, where no column that it is compared with says so."""
    return type_coerce(value, type_)


def one_of(column: ColumnElement[Any], values: Any) -> ColumnElement[bool]:
    """Say that a column is one of some values: one parameter, however many they are."""
    several = _Several(column.type)
    if isinstance(values, BindParameter):  # `typed` has no effect within `any_`
        return column == any_(bindparam(values.key, required=False, type_=several))
    return column == any_(literal(values, several))


class _Several(TypeDecorator[Any]):
    """An array, whatever collection is filled in for it: of a tuple, the driver would make a row."""

    impl = ARRAY
    cache_ok = True

    def process_bind_param(self, value: Any, _: Any) -> Any:
        return list(value)

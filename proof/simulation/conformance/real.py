"""The real activities of one schedule, called one after the other as the model's are: by name, the same commands."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.attention import AttentionGiven
from activities.refunds import RecordCancel
from activities.returns import IssueReturn
from activities.review import ReviewDecision
from api import external_refunds, paid_after_all
from api.schemas.bank_accounts import BankAccountBody
from api.schemas.external import ExternalLineBody, ExternalRefundBody
from api.schemas.refunds import RefundBody, RefundLineBody
from db import keyed_words, orders
from db.api_keys import Caller, Role
from domain import clock
from domain.claims.reasons import RefundKind
from domain.claims.standing import StandsInTheWay
from domain.refusals import RefundRejected, Refusal
from domain.said import Word
from domain.sale.orders import Order
from gateways.addresses import Addresses
from gateways.locales import load_catalogue
from gateways.posting import Poster
from gateways.sandbox.carrier import SandboxCarrier
from proof.simulation.conformance.carrier import ask_for_label
from proof.simulation.conformance.gateway import STANDING, GatewayStanding, Place, ScheduledGateway
from proof.simulation.conformance.lines import said
from proof.simulation.conformance.sale import (
    ORDER,
    buy_with_coupon,
    buy_with_points,
    capture_more,
    moment,
    order_of,
    sell,
)
from proof.simulation.refusals import (
    AlreadyPaid,
    AlreadyUndone,
    AsksSomethingElse,
    LabelDeclined,
    NotApproved,
    RefusedByBooks,
    RunIsBehind,
)
from proof.simulation.scenario import ProviderBehaviour, Scenario
from proof.simulation.wares import Wares
from service import requests
from service.carrier_accounts import Carriers
from service.entitlement_systems import EntitlementSystems
from service.steps import RefundRef
from service.vault import KEY_BYTES, Vault
from worker import activities

_ACCOUNT = BankAccountBody(holder="Li Lei", account_number="6222020200112233", bank_code="102100099996")
_VAULT = Vault({"k1": bytes(KEY_BYTES)})

_REFUSALS: Mapping[str, type[RefusedByBooks]] = {
    each.__name__: each
    for each in (AlreadyPaid, AlreadyUndone, AsksSomethingElse, LabelDeclined, NotApproved, RunIsBehind)
}


class Loop:
    """Runs what is asynchronous to its end from inside a workflow task, which has a loop of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()

    def wait_for(self, work: Coroutine[Any, Any, Any]) -> Any:
        running = asyncio._get_running_loop()
        asyncio._set_running_loop(None)
        try:
            return self._loop.run_until_complete(work)
        finally:
            asyncio._set_running_loop(running)

    def begin(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        return self._loop.create_task(work)

    def close(self) -> None:
        self._loop.close()


class RealActivities:
    """All activities of a worker, on one database; `gateway` is the provider of all schedules."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.gateway = ScheduledGateway(engine)
        carriers = Carriers(engine, None, SandboxCarrier(engine))
        systems = EntitlementSystems(engine, None, Poster(Addresses(())))
        built = activities(engine, {"sandbox": self.gateway}, carriers, systems, load_catalogue())
        self._by_name: dict[str, Callable[..., Any]] = {_name(each): each for each in built}

    async def run(self, name: str, command: Any) -> Any:
        """Run one; raises what the model raises where it refuses for good."""
        try:
            return await self._by_name[name](command)
        except ApplicationError as refused:
            raise _REFUSALS[refused.type or ""](str(refused)) from refused
        except Exception as refused:
            if type(refused).__name__ not in _REFUSALS:
                raise
            raise _REFUSALS[type(refused).__name__](str(refused)) from refused


class RealWorld:
    """One schedule's order and refunds on the database: a merchant of its own, and ids that no other schedule has."""

    def __init__(self, activities: RealActivities, loop: Loop, merchant_id: str) -> None:
        self.merchant_id = merchant_id
        self._ids: dict[str, str] = {}
        self._purchases = 0
        self._sold_at = 0.0
        self._activities = activities
        self._loop = loop

    @property
    def engine(self) -> AsyncEngine:
        return self._activities.engine

    def ours(self, refund_id: str) -> str:
        """What the database calls a refund of the schedule."""
        return self._ids[refund_id]

    def theirs(self, name: str) -> str:
        """What the schedule calls a refund, or a key of one."""
        refund_id, dash, rest = name.partition("-")
        return next(called for called, ours in self._ids.items() if ours == refund_id) + dash + rest

    def our_key(self, key: str) -> str:
        """What the provider calls a payout of the schedule."""
        refund_id, dash, rest = key.partition("-")
        return self.ours(refund_id) + dash + rest

    def sell(self, scenario: Scenario, at: float) -> None:
        self._sold_at = at
        self._loop.wait_for(self._sell(scenario, at))

    async def _sell(self, scenario: Scenario, at: float) -> None:
        async with self.engine.begin() as connection:
            await sell(connection, self.merchant_id, scenario, moment(at))
        for place, behaviour in enumerate(scenario.behaviours):
            if behaviour is ProviderBehaviour.DECLINES_ONCE:
                self._activities.gateway.declines_once.add((self.merchant_id, f"ch-{place}"))

    def find_parcel(self, scenario: Scenario, at: float) -> None:
        """Send the order's snapshot once more: what was lost has come."""
        self._loop.wait_for(self._put(order_of(scenario, moment(self._sold_at), found_at=moment(at))))

    def sell_anew(self, scenario: Scenario, sold: Wares, at: float) -> bool:
        """Send a newer snapshot, in which other things are sold; False where a refund stands in the way."""
        order = replace(order_of(scenario, moment(self._sold_at), sold=sold), updated_at=moment(at))
        try:
            self._loop.wait_for(self._put_anew(order))
        except StandsInTheWay:
            return False
        self._loop.wait_for(self._capture(order, scenario))
        return True

    async def _put_anew(self, order: Order) -> None:
        """Take the snapshot as the API does: what was paid after all is asked for with it."""
        async with self.engine.begin() as connection:
            await orders.put(connection, self.merchant_id, order)
            await paid_after_all.ask(connection, self._merchant, order.order_id)

    async def _capture(self, order: Order, scenario: Scenario) -> None:
        async with self.engine.begin() as connection:
            await capture_more(connection, self.merchant_id, order, scenario)

    async def _put(self, order: Order) -> None:
        async with self.engine.begin() as connection:
            await orders.put(connection, self.merchant_id, order)

    def spend(self, at: float) -> None:
        """Book another order of the customer, partly paid with points."""
        self._loop.wait_for(self._buy(buy_with_points, at))

    def use_coupon(self, at: float) -> None:
        """Book another order of the customer, that uses the coupon which the first one granted."""
        self._loop.wait_for(self._buy(buy_with_coupon, at))

    async def _buy(self, buy: Callable[..., Coroutine[Any, Any, None]], at: float) -> None:
        self._purchases += 1
        async with self.engine.begin() as connection:
            await buy(connection, self.merchant_id, f"o1-{self._purchases}", moment(at))

    def request(self, refund_id: str, scenario: Scenario, lines: Sequence[tuple[str, int]]) -> bool:
        """Ask for a refund as the API does: so many units of these lines; False where its payments are disputed."""
        try:
            self._loop.wait_for(self._request(refund_id, self._body(scenario, lines)))
        except RefundRejected as refused:
            if refused.code is not Refusal.PAYMENT_DISPUTED:
                raise
            return False
        return True

    def knows(self, refund_id: str) -> bool:
        return refund_id in self._ids

    def is_called(self, ours: str) -> bool:
        """Whether a refund of the database's has a name of the schedule's."""
        return ours in self._ids.values()

    def call(self, refund_id: str, ours: str) -> None:
        """Call a refund of the database's by the name that the schedule has for it."""
        self._ids[refund_id] = ours

    def comes_alone(self, scenario: Scenario, lines: Sequence[tuple[str, int]]) -> bool:
        """Whether a refund of these lines alone would be taken, or is refused for the rest of their bundle."""
        try:
            self._loop.wait_for(self._quote(self._body(scenario, lines)))
        except RefundRejected as refused:
            if refused.code is not Refusal.BUNDLE_INCOMPLETE:
                raise
            return False
        return True

    async def _quote(self, body: RefundBody) -> None:
        async with self.engine.begin() as connection:
            await requests.quote(connection, self._merchant, body.to_domain())

    def _body(self, scenario: Scenario, lines: Sequence[tuple[str, int]]) -> RefundBody:
        kind = RefundKind.RETURN if scenario.goods_come_back else RefundKind.REFUND_ONLY
        asked = [RefundLineBody(line_id=each, quantity=said(scenario, each, count)) for each, count in lines]
        return RefundBody(
            order_id=ORDER,
            reason=scenario.kind.reason,
            kind=kind,
            lines=asked,
            confirm_duplicate=True,
            refund_to=scenario.refund_to,
            bank_account=_ACCOUNT if scenario.is_to_bank else None,
        )

    async def _request(self, refund_id: str, body: RefundBody) -> None:
        async with self.engine.begin() as connection:
            self._ids[refund_id] = (
                await requests.submit(connection, self._merchant, body.to_domain(), _VAULT)
            ).refund.refund_id

    def take_external(
        self, refund_id: str, scenario: Scenario, lines: Sequence[tuple[str, int]], amount: int, at: float
    ) -> None:
        """Say that so much of these lines went back elsewhere."""
        of = [ExternalLineBody(line_id=each, quantity=said(scenario, each, count)) for each, count in lines]
        body = ExternalRefundBody(
            external_id=refund_id, amount=amount, lines=of, at=moment(at), reason=scenario.kind.reason
        )
        with clock.set_to(lambda: moment(at)):  # a machine of its own, whose clock is right
            self._loop.wait_for(self._take_external(refund_id, body))

    async def _take_external(self, refund_id: str, body: ExternalRefundBody) -> None:
        async with self.engine.begin() as connection:
            taken = await external_refunds.take(connection, self._merchant, ORDER, body)
            self._ids[refund_id] = taken.refund.refund_id

    @property
    def _merchant(self) -> Caller:
        return Caller(self.merchant_id, Role.MERCHANT, None)

    def do(self, name: str, command: Any) -> Any:
        """Run an activity; raises Refusal."""
        ours = self._translated(command, self.ours, self.merchant_id)
        if isinstance(ours, AttentionGiven | RecordCancel | ReviewDecision) and ours.key_id and ours.word is not None:
            self._loop.wait_for(self._note_key(ours.refund.refund_id, ours.word, ours.key_id))
        return self._translated(self._loop.wait_for(self._activities.run(name, ours)), self.theirs, "m")

    async def _note_key(self, refund_id: str, word: Word, key_id: str) -> None:
        """What is said with a key was said over HTTP: the API has noted it."""
        async with self.engine.begin() as connection:
            await keyed_words.note(connection, refund_id, word, key_id)

    def ask_for_label(self, command: IssueReturn) -> None:
        """Ask the carrier for the label of a return, and book nothing."""
        self._loop.wait_for(ask_for_label(self.engine, self._translated(command, self.ours, self.merchant_id)))

    def stand_still(self, name: str, command: Any, place: Place) -> "StandingAttempt | None":
        """Begin an activity that stands still at a place; None where it ends without coming there."""
        standing = GatewayStanding(place)
        attempt = StandingAttempt(standing, self._loop, self._loop.begin(self._attempt(name, command, standing)))
        return attempt if attempt.comes_there() else None

    async def _attempt(self, name: str, command: Any, standing: GatewayStanding) -> Any:
        STANDING.set(standing)
        return await self._activities.run(name, self._translated(command, self.ours, self.merchant_id))

    def read(self, reading: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any) -> Any:
        return self._loop.wait_for(reading(*arguments))

    def _translated(self, said: Any, call: Callable[[str], str], merchant_id: str) -> Any:
        """Call refunds by the other side's names."""
        if isinstance(said, RefundRef):
            return replace(said, refund_id=call(said.refund_id), merchant_id=merchant_id)
        if is_dataclass(said) and not isinstance(said, type):
            named = [each.name for each in fields(said) if isinstance(getattr(said, each.name), RefundRef)]
            return replace(said, **{name: self._translated(getattr(said, name), call, merchant_id) for name in named})
        return said


class StandingAttempt:
    def __init__(self, standing: GatewayStanding, loop: Loop, task: "asyncio.Task[Any]") -> None:
        self._standing = standing
        self._loop = loop
        self._task = task

    def comes_there(self) -> bool:
        self._loop.wait_for(self._either())
        return self._standing.is_there.is_set() and not self._task.done()

    async def _either(self) -> None:
        there = asyncio.ensure_future(self._standing.is_there.wait())
        await asyncio.wait((there, self._task), return_when=asyncio.FIRST_COMPLETED)
        there.cancel()

    def go_on(self, *, is_lost: bool = False) -> None:
        """Let it go on to its end, or have its request never arrive."""
        self._standing.is_lost = is_lost
        self._standing.goes_on.set()
        self._loop.wait_for(asyncio.wait((self._task,)))
        self._task.exception()

    def die(self) -> None:
        """Its worker dies where it stands."""
        self._task.cancel()
        self._loop.wait_for(asyncio.wait((self._task,)))


def _name(do: Callable[..., Any]) -> str:
    return activity._Definition.must_from_callable(do).name or ""

"""The worker: the one place where everything a refund needs is put together."""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.common import MetricMeter
from temporalio.worker import PollerBehaviorAutoscaling, Worker

from activities.attention import Attention
from activities.campaigns import Campaigns
from activities.coupons import Coupons
from activities.elsewhere import Elsewhere
from activities.exclusive_discounts import ExclusiveDiscounts
from activities.from_temporal import FromTemporal
from activities.grants import Grants
from activities.late_failures import LateFailures
from activities.listening import Listening
from activities.notifications import Notifications
from activities.payouts import Payouts
from activities.points import Points
from activities.promotions import Promotions
from activities.refunds import Refunds
from activities.reopening import Reopenings
from activities.returns import Returns
from activities.review import Review
from activities.settlement import Settlements
from activities.stock import Stock
from activities.tiers import Tiers
from db import merchant_time, sealing
from db.application_role import refuse_excess, warn_of_excess
from db.engine import open_engine
from db.sealing import Ring
from db.traced import trace_transactions
from db.whose import Everyones, of_everyone, required
from domain.delivery.channels import Channel
from domain.explain.messages import Catalogue
from gateways import registry
from gateways.addresses import Addresses
from gateways.entitlements.gateway import ANSWERS_WITHIN_S, MOST_ANSWER_BYTES
from gateways.files.registry import open_store
from gateways.files.shelves import ARCHIVES, PICTURES
from gateways.locales import load_catalogue, load_templates
from gateways.messengers.letters import Messenger
from gateways.messengers.registry import open_messengers, said_at_start
from gateways.ports import Carrier, PaymentGateway
from gateways.posting import Poster
from gateways.time_stamps import TimeStampAuthority
from logs import log_in_lines
from service.audit_signing import Signer
from service.bulk import BulkLines
from service.cards_elsewhere import CardsElsewhere
from service.carrier_accounts import Carriers
from service.entitlement_systems import EntitlementSystems
from service.gateway_accounts import Gateways
from service.refund_rights import Rights
from service.return_news import ReturnNews
from service.vault import Vault
from settings import SettingMissing, Settings
from temporal_client.apart import Activity, Apart, StepsOfMerchants, by_the_books
from temporal_client.asked_at_once import AskedAtOnce, Waits, within
from temporal_client.clocks import say_if_apart
from temporal_client.connection import connect, reached, register_search_attributes
from temporal_client.deployments import deployed_as
from temporal_client.logs import ExpectedInOneLine, WithRefund
from temporal_client.metrics import telling
from temporal_client.payout_workers import STOPS_WITHIN, payout_workers, together
from temporal_client.runner import workflow_runner
from temporal_client.task_queues import RateCaps, ServedQueues
from temporal_client.turns import InTurn, Turns
from tracing import tracing_as
from upkeep.archiving import archive_in
from upkeep.bulk_refunds import BulkRefunds
from upkeep.checkpoint_files import CheckpointFiles
from upkeep.checkpoints import Checkpoints
from upkeep.codes import Codes
from upkeep.deliveries import Deliveries
from upkeep.erasure_list import ErasureList
from upkeep.erasures import apply_list
from upkeep.every_keeper import every_keeper
from upkeep.keepers import Keeper, keep
from upkeep.pictures import OldPictures
from upkeep.report_reading import SettlementReports, keep_schedule
from upkeep.time_stamps import TimeStamps
from upkeep.webhook_sender import WebhookSender
from workflows.contract import TASK_QUEUE
from workflows.registry import WORKFLOWS

log = logging.getLogger("worker")

POOL_SIZE = 20
_WORKFLOW_TASKS = 15
"""So few that each is done before it times out, also where the machine is slow: what times out is done all over."""


def activities(
    engine: AsyncEngine,
    parties: Mapping[str, PaymentGateway],
    carrier: Carrier,
    systems: EntitlementSystems,
    catalogue: Catalogue,
) -> list[Callable[..., Any]]:
    """Build every activity with what it needs."""
    elsewhere = Elsewhere(engine, systems)
    review, settlements, points = Review(engine), Settlements(engine), Points(engine, elsewhere)
    returns = Returns(engine, carrier, Rights(catalogue), ReturnNews(catalogue))
    payouts, late_failures, reopenings = Payouts(engine, parties), LateFailures(engine, parties), Reopenings(engine)
    coupons, campaigns = Coupons(engine, elsewhere), Campaigns(engine, elsewhere)
    grants = Grants(engine, elsewhere)
    exclusive_discounts, tiers, stock = ExclusiveDiscounts(engine), Tiers(engine), Stock(engine, elsewhere)
    notifications, refunds_, attention = Notifications(engine, catalogue), Refunds(engine), Attention(engine)
    return [
        review.assess_refund,
        review.record_decision,
        returns.issue_return,
        returns.void_return,
        returns.record_shipment,
        returns.record_receipt,
        returns.record_inspection,
        returns.note_late_parcel,
        returns.record_loss,
        settlements.hold_settlement,
        settlements.release_settlement,
        settlements.recall_settlement,
        payouts.pay_out,
        payouts.look_up_payout,
        payouts.ask_again,
        payouts.credit_instead,
        payouts.confirm_payouts,
        late_failures.take_back_payout,
        late_failures.begin_round,
        reopenings.load,
        reopenings.claim_again,
        coupons.reinstate_coupons,
        coupons.withdraw_coupons,
        points.restore_points,
        points.withdraw_points,
        campaigns.recalculate_campaigns,
        campaigns.give_rewards_again,
        grants.withdraw_grants,
        grants.grant_again,
        exclusive_discounts.reinstate_exclusive_discounts,
        exclusive_discounts.withdraw_exclusive_discounts,
        tiers.recalculate_tier,
        Promotions(engine, elsewhere).return_units,
        stock.move_stock,
        notifications.notify,
        notifications.notify_entitlements,
        notifications.notify_withdrawals,
        refunds_.release_claims,
        refunds_.record_cancel,
        attention.ask_for_attention,
        attention.note_resolution,
        attention.note_unheard,
        FromTemporal(engine).admit_signal,
        Listening(engine).listen,
        refunds_.close_refund,
    ]


async def of_the_lane() -> Mapping[str, Activity]:
    """Build the activities for a process that does the steps of large orders."""
    settings = Settings.from_environment()
    log_in_lines(settings.log_level, ExpectedInOneLine(), WithRefund())
    engine = _engine(settings, pool_size=2)
    carriers, systems = _carriers(settings, engine), _systems(settings, engine)
    parties = _gateways(settings, engine, registry.open_named, systems)
    built = activities(engine, parties, carriers, systems, load_catalogue())
    lines = BulkLines(engine, Rights(load_catalogue()))
    by_group = {"preview_bulk_group": lines.preview_group, "begin_bulk_group": lines.begin_group}
    return {**{each.__name__: each for each in built}, **by_group}


def make_workers(
    client: Client,
    engine: AsyncEngine,
    parties: Gateways,
    carrier: Carrier,
    systems: EntitlementSystems,
    apart: Apart,
    served: ServedQueues,
    settings: Settings,
) -> list[Worker]:
    """Make a worker for each task queue that is served here; the steps of large orders are done `apart`."""
    catalogue, turns, steps = load_catalogue(), Turns(), StepsOfMerchants()
    caps = RateCaps.read(settings.payouts_a_second)
    built = activities(engine, parties, carrier, systems, catalogue)
    asking = _of(built, Payouts, LateFailures)
    workers = payout_workers(client, asking, served.providers, caps, [steps, apart], settings.build_id)
    if not served.is_for_refunds:
        return workers
    bulks = BulkRefunds(engine, client, BulkLines(engine, Rights(catalogue)), turns, apart)
    at_once, ask_others = AskedAtOnce(Waits(within(caps, engine))), _of(built, Payouts, LateFailures, Returns)
    refunds_worker = Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=WORKFLOWS,
        deployment_config=deployed_as(settings.build_id),
        activities=[*built, *SettlementReports(engine, client, parties).activities, *bulks.activities],
        workflow_runner=workflow_runner(),
        interceptors=[steps, at_once, apart, InTurn([each.__name__ for each in ask_others], turns)],
        max_concurrent_workflow_tasks=_WORKFLOW_TASKS,
        max_concurrent_activities=POOL_SIZE,
        max_concurrent_local_activities=POOL_SIZE,
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
        # A killed worker's sticky tasks wait this long for it before another takes them over.
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=2),
        graceful_shutdown_timeout=STOPS_WITHIN,
    )
    return [refunds_worker, *workers]


def _of(built: Iterable[Callable[..., Any]], *kinds: type) -> list[Callable[..., Any]]:
    """Pick activities by what they do; those that ask somebody outside need no core while they wait."""
    return [each for each in built if isinstance(getattr(each, "__self__", None), kinds)]


PartiesOf = Callable[[AsyncEngine, Sequence[str]], Mapping[str, PaymentGateway]]


def _vault(settings: Settings) -> Vault | None:
    return Vault(settings.encryption_keys) if settings.encryption_keys else None


def _gateways(settings: Settings, engine: AsyncEngine, parties_of: PartiesOf, systems: EntitlementSystems) -> Gateways:
    open_to_all, cards_at = parties_of(engine, settings.gateways), partial(CardsElsewhere, engine, systems)
    return Gateways(engine, _vault(settings), open_to_all, cards_at)


def _carriers(settings: Settings, engine: AsyncEngine) -> Carriers:
    return Carriers(engine, _vault(settings), registry.open_carrier(engine, settings.gateways))


def _systems(settings: Settings, engine: AsyncEngine) -> EntitlementSystems:
    allowed = Addresses(settings.webhook_addresses)
    poster = Poster(allowed, answers_within_s=ANSWERS_WITHIN_S, most_answer_bytes=MOST_ANSWER_BYTES)
    return EntitlementSystems(engine, _vault(settings), poster)


def _senders(settings: Settings, engine: AsyncEngine, poster: Poster) -> list[WebhookSender]:
    """None where the secrets that sign can't be read."""
    vault = _vault(settings)
    if vault is None:
        log.warning("MAKEWHOLE_ENCRYPTION_KEYS is not set: this worker sends no webhooks to merchants")
    return [] if vault is None else [WebhookSender(engine, vault, poster)]


def _proving(settings: Settings, engine: AsyncEngine, messengers: Mapping[Channel, Messenger]) -> list[Codes]:
    """None where nobody could tell a code from another: their marks are made with a key."""
    vault = _vault(settings)
    if vault is None:
        log.warning("MAKEWHOLE_ENCRYPTION_KEYS is not set: this worker sends no one-time codes")
    return [] if vault is None else [Codes(engine, messengers, load_catalogue(), vault)]


def _signing(settings: Settings, engine: AsyncEngine) -> list[Checkpoints]:
    """None where there is no key to sign with."""
    if not settings.audit_keys:
        log.warning("MAKEWHOLE_AUDIT_KEYS is not set: this worker signs no checkpoints of the audit trails")
        return []
    folder = settings.audit_checkpoints
    files = CheckpointFiles(Path(folder)) if folder else None
    return [Checkpoints(engine, Signer(settings.audit_keys), files)]


def _stamping(settings: Settings, engine: AsyncEngine) -> list[TimeStamps]:
    """None where no authority is named."""
    return [TimeStamps(engine, TimeStampAuthority(url))] if (url := settings.time_stamp_url) else []


def _erased(settings: Settings) -> ErasureList | None:
    """None where nothing is kept outside of the database: a restore brings back what was erased, unseen."""
    if not settings.audit_checkpoints:
        log.warning("MAKEWHOLE_AUDIT_CHECKPOINTS is not set: a restore from a copy is not noticed, nor erased again")
        return None
    return ErasureList(Path(settings.audit_checkpoints))


def _pictures(settings: Settings, engine: AsyncEngine) -> list[OldPictures]:
    """None where none are kept."""
    store = open_store(settings.files, PICTURES)
    if store is None:
        log.warning("neither MAKEWHOLE_EVIDENCE_FOLDER nor MAKEWHOLE_EVIDENCE_S3_BUCKET is set: no pictures are kept")
    return [] if store is None else [OldPictures(engine, store)]


def _engine(settings: Settings, *, pool_size: int) -> AsyncEngine:
    """Connections of a worker, with the keys for what is personal. Raises SettingMissing without any."""
    if not settings.encryption_keys:
        raise SettingMissing(
            "MAKEWHOLE_ENCRYPTION_KEYS is not set: give the API and all workers the same, id:key, a key being 32 "
            "random bytes in base64 (openssl rand -base64 32); what is personal is kept under it"
        )
    sealing.use(Ring(settings.encryption_keys))
    engine = required(open_engine(settings.database_url, pool_size=pool_size, ping_after_s=None))
    if settings.test_clocks:
        merchant_time.use(engine)
    return engine


async def main(parties_of: PartiesOf = registry.open_named) -> None:
    """Work until SIGTERM or SIGINT, with the gateways that `parties_of` makes of the engine and the names of them."""
    settings = Settings.from_environment()
    tracing = tracing_as("makewhole-worker", settings)
    log_in_lines(settings.log_level, ExpectedInOneLine(), WithRefund(), *tracing.filters)
    engine = _engine(settings, pool_size=2 * POOL_SIZE + 4)
    trace_transactions(engine, tracing.tracer)
    await (refuse_excess if settings.refuses_powerful_role else warn_of_excess)(engine)
    settings.check_temporal(*reached())
    runtime = telling(settings.metrics_address, settings.plaintext)
    client = await connect(settings.keys_for_temporal, runtime=runtime, plugins=tracing.plugins)
    served = ServedQueues.read(settings.task_queues)
    if served.is_for_refunds:
        await register_search_attributes(client)
        await keep_schedule(client)
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    systems = _systems(settings, engine)
    parties = _gateways(settings, engine, parties_of, systems)
    parties.trace(tracing.tracer)
    apart = Apart(of_the_lane, by_the_books(engine))
    poster, carriers = Poster(Addresses(settings.webhook_addresses)), _carriers(settings, engine)
    workers = make_workers(client, engine, parties, carriers, systems, apart, served, settings)
    signing = _signing(settings, engine)
    for each in signing:
        await each.compare()
    async with poster, together(workers):
        log.info("working on the task queues %s as build %r", ", ".join(served.names), settings.build_id)
        await say_if_apart(engine, client)
        if served.is_for_refunds:
            meter = runtime.metric_meter if runtime else MetricMeter.noop
            every = await _keepers_as_set_up(settings, client, engine, parties, carriers, poster, meter, signing)
        else:
            every = []
        await keep(engine, every, until=stop)
    apart.close()
    await engine.dispose()


async def _keepers_as_set_up(
    settings: Settings,
    client: Client,
    engine: AsyncEngine,
    parties: Gateways,
    carriers: Carriers,
    poster: Poster,
    meter: MetricMeter,
    signing: Sequence[Checkpoints],
) -> list[Keeper]:
    messengers = open_messengers(settings.messengers)
    templates = load_templates(settings.templates, load_catalogue(), settings.pages)
    log.info("%s", said_at_start(messengers))
    messages = Deliveries(engine, messengers, load_catalogue(), templates)
    senders, proving = _senders(settings, engine, poster), _proving(settings, engine, messengers)
    erased = _erased(settings)
    if erased:
        with of_everyone(Everyones.ERASED_AGAIN):
            await apply_list(engine, erased)
    files = _pictures(settings, engine), archive_in(engine, open_store(settings.files, ARCHIVES))
    told = (senders, signing, _stamping(settings, engine), proving, erased, *files)
    return every_keeper(client, engine, parties, carriers, messages, meter, *told)


async def erase_again() -> None:
    """Do all erasures of the list outside that the database knows nothing of: before anybody reads a restored one."""
    settings = Settings.from_environment()
    log_in_lines(settings.log_level, ExpectedInOneLine(), WithRefund())
    engine, erased = required(open_engine(settings.database_url, pool_size=1)), _erased(settings)
    with of_everyone(Everyones.ERASED_AGAIN):
        done = await apply_list(engine, erased) if erased else 0
    log.info("%s erasures are done again", done)
    await engine.dispose()


if __name__ == "__main__":  # a process for large orders imports this as well
    asyncio.run(erase_again() if sys.argv[1:] == ["erase-again"] else main())

"""Everything that a worker of refunds does again and again beside its tasks, put together."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.common import MetricMeter

from gateways.ports import PaymentGateway
from service.carrier_accounts import Carriers
from upkeep import bulk_refunds, codes, late_payouts, losses, monitoring, retention, standings, stray_disputes, tallies
from upkeep.archiving import Archive
from upkeep.checkpoints import Checkpoints
from upkeep.codes import Codes
from upkeep.deliveries import Deliveries
from upkeep.erasure_list import ErasureList
from upkeep.erasures import Erasures
from upkeep.keepers import Keeper
from upkeep.parcels import Parcels
from upkeep.payout_queues import PayoutQueues
from upkeep.pictures import OldPictures
from upkeep.reconciler import Reconciler
from upkeep.seal import forget_old_keys, seal_audit_trails
from upkeep.sweep import SWEEP_EVERY, start_forgotten
from upkeep.time_stamps import TimeStamps
from upkeep.unheard import Waker
from upkeep.webhook_sender import WebhookSender

_KEYS_EVERY = timedelta(minutes=1)


def every_keeper(
    client: Client,
    engine: AsyncEngine,
    parties: Mapping[str, PaymentGateway],
    carriers: Carriers,
    messages: Deliveries,
    meter: MetricMeter,
    senders: Sequence[WebhookSender] = (),
    signing: Sequence[Checkpoints] = (),
    stamping: Sequence[TimeStamps] = (),
    proving: Sequence[Codes] = (),
    erased: ErasureList | None = None,
    pictures: Sequence[OldPictures] = (),
    archive: Archive | None = None,
) -> list[Keeper]:
    """Build what a worker does again and again beside its tasks."""
    return [
        Keeper("start_forgotten", SWEEP_EVERY, partial(start_forgotten, client, engine)),
        Keeper("seal_audit_trails", SWEEP_EVERY, partial(seal_audit_trails, engine)),
        Keeper("forget_old_keys", _KEYS_EVERY, partial(forget_old_keys, engine, archive)),
        *(sender.keeper for sender in senders),
        *(each.keeper for each in signing),
        *(each.keeper for each in stamping),
        *(each.keeper for each in proving),
        *(each.keeper for each in pictures),
        codes.forgetting(engine),
        Erasures(client, engine, erased).keeper,
        retention.keeper(engine, archive),
        standings.keeper(engine),
        losses.keeper(client, engine),
        monitoring.keeper(engine),
        late_payouts.keeper(engine),
        tallies.keeper(engine),
        stray_disputes.keeper(client, engine),
        bulk_refunds.keeper(client, engine),
        PayoutQueues(client, meter).keeper,
        Waker(client, engine).keeper,
        Reconciler(client, engine, parties).keeper,
        *messages.keepers,
        Parcels(client, engine, carriers).keeper,
    ]

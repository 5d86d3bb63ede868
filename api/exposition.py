"""The figures as Prometheus reads them: every metric of the database has its name, its labels and its sentence here.

A label has few values, and none is somebody's: neither a merchant nor what a merchant has given a name to.
"""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from api.figures import FiguresRead
from db.deliveries import Delay
from db.gauges import Gauges
from db.keepers import Rounds
from db.tallies import EndTally
from db.webhook_deliveries import Lag
from domain.delivery.channels import Channel
from domain.lifecycle import COURSE, RefundStatus

OF_THE_DATABASE = "makewhole_database_answers"


def families(read: FiguresRead) -> Iterator[Metric]:
    """Yield every metric that the database tells."""
    yield _gauge(OF_THE_DATABASE, "1: the database has told the figures of all refunds. 0: it has not.", {(): 1})
    yield from _of_now(read.gauges)
    yield from _of_what_ended(read.tally)
    yield from _of_webhooks(read.webhooks)
    yield from _of_messages(read.messages)
    yield from _of_keepers(read.keepers)


def silent() -> Metric:
    """Say that the database does not answer."""
    return _gauge(OF_THE_DATABASE, "1: the database has told the figures of all refunds. 0: it has not.", {(): 0})


def _of_now(now: Gauges) -> Iterator[Metric]:
    under_way = {(str(status),): now.open.get(status, 0) for status in RefundStatus if not status.is_final}
    yield _gauge("makewhole_refunds_open", "Refunds under way, by status.", under_way, "status")
    final = {(str(status),): now.ended.get(status, 0) for status in RefundStatus if status.is_final}
    yield _gauge("makewhole_refunds_ended_last_day", "Refunds that ended in the last 24 hours.", final, "status")
    help_ = "Refunds that ask people for help now."
    yield _gauge("makewhole_refunds_needing_attention", help_, {(): now.asking})
    help_ = "How long the longest open call for help has waited; 0 for none."
    yield _gauge("makewhole_needs_attention_oldest_seconds", help_, {(): round(now.longest_asking_s, 3)})
    yield _gauge("makewhole_refunds_not_begun", "Refunds that no worker has begun with.", {(): now.not_begun})
    help_ = "How long the oldest refund has waited that no worker has begun with; 0 for none."
    yield _gauge("makewhole_not_begun_oldest_seconds", help_, {(): round(now.longest_not_begun_s, 3)})
    help_ = "Refunds for which the time is up that a reviewer, a parcel or an inspection has, by step."
    overdue = {(step,): count for step, count in now.overdue.items()}
    yield _gauge("makewhole_refunds_overdue", help_, overdue, "step")
    help_ = "Payouts that wait for a merchant's balance at a provider, in minor units."
    waiting = {(currency,): amount for currency, amount in now.waiting_for_balance.items()}
    yield _gauge("makewhole_waiting_for_balance_minor", help_, waiting, "currency")
    help_ = "Payouts that moved in the last hour, by what they went through and where they stand now."
    yield _gauge("makewhole_payouts_last_hour", help_, now.payouts, "gateway", "outcome")


def _of_what_ended(tally: EndTally) -> Iterator[Metric]:
    ended = CounterMetricFamily("makewhole_refunds_ended", "Refunds that have ended, by status.", labels=["status"])
    for status in (each for each in RefundStatus if each.is_final):
        ended.add_metric([status], tally.ended[status])
    yield ended
    help_ = "How long refunds that have ended were in a stage."
    times = HistogramMetricFamily("makewhole_refund_stage_seconds", help_, labels=["stage"])
    for stage in COURSE:
        if (spread := tally.stages.get(stage)) is not None:
            times.add_metric([stage], spread.cumulative, spread.seconds)
    yield times
    whole = HistogramMetricFamily("makewhole_refund_seconds", "How long refunds took from the request to their end.")
    whole.add_metric([], tally.whole.cumulative, tally.whole.seconds)
    yield whole
    help_ = "Stages of refunds that have ended which took longer than the policy gives."
    late = CounterMetricFamily("makewhole_sla_breaches", help_, labels=["stage"])
    for stage in (RefundStatus.IN_REVIEW, RefundStatus.INSPECTING):
        late.add_metric([stage], tally.late[stage])
    yield late


def _of_webhooks(waiting: Lag) -> Iterator[Metric]:
    help_ = "Webhooks to merchants that are not delivered."
    yield _gauge("makewhole_webhooks_pending", help_, {(): waiting.pending})
    help_ = "How long the oldest that was never tried has waited; 0 for none."
    yield _gauge("makewhole_webhook_lag_seconds", help_, {(): round(waiting.longest_untried_s, 3)})
    help_ = "Enabled endpoints that take nothing now."
    yield _gauge("makewhole_webhook_endpoints_failing", help_, {(): waiting.failing})


def _of_messages(delays: Mapping[Channel, Delay]) -> Iterator[Metric]:
    waiting = {(str(channel),): delay.waiting for channel, delay in delays.items()}
    yield _gauge(
        "makewhole_messages_waiting", "Messages to people that their channel has not taken.", waiting, "channel"
    )
    longest = {(str(channel),): round(delay.longest_s, 3) for channel, delay in delays.items()}
    help_ = "How long the oldest message has waited that its channel has not taken; 0 for none."
    yield _gauge("makewhole_message_lag_seconds", help_, longest, "channel")


def _of_keepers(keepers: Mapping[str, Rounds]) -> Iterator[Metric]:
    ages = {(keeper,): round(rounds.age_s, 3) for keeper, rounds in sorted(keepers.items())}
    help_ = "Since when the workers' sweeps last came round, by keeper."
    yield _gauge("makewhole_keeper_age_seconds", help_, ages, "keeper")
    help_ = "How often something failed of what the workers' sweeps do, by keeper; each is tried again."
    failed = CounterMetricFamily("makewhole_keeper_troubles", help_, labels=["keeper"])
    for keeper, rounds in sorted(keepers.items()):
        failed.add_metric([keeper], rounds.troubles)
    yield failed


_Labels = TypeVar("_Labels", bound=tuple[str, ...])


def _gauge(name: str, help_: str, values: Mapping[_Labels, float], *labels: str) -> Metric:
    family = GaugeMetricFamily(name, help_, labels=labels)
    for of_labels, value in values.items():
        family.add_metric(of_labels, value)
    return family

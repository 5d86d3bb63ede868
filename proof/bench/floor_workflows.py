"""What Temporal alone costs: a workflow that does nothing, and one of a refund's shape whose steps do nothing."""

from datetime import timedelta

from temporalio import activity, workflow

TASK_QUEUE = "bench-floor"
_WITHIN = timedelta(seconds=10)


@activity.defn
async def nothing(what: str) -> str:
    return what


@workflow.defn(name="BenchEmpty")
class Empty:
    @workflow.run
    async def run(self, what: str) -> str:
        return what


@workflow.defn(name="BenchSameShape")
class SameShape:
    """As many local and durable activities, one after the other, as a refund has."""

    @workflow.run
    async def run(self, local: int, durable: int) -> int:
        for number in range(local):
            await workflow.execute_local_activity(nothing, str(number), start_to_close_timeout=_WITHIN)
        for number in range(durable):
            await workflow.execute_activity(nothing, str(number), start_to_close_timeout=_WITHIN)
        return local + durable

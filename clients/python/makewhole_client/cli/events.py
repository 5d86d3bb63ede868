"""Commands for the log of webhook events: tail, show, resend."""

import time
from typing import Annotated

import typer

from makewhole_client.cli import options, showing
from makewhole_client.cli.log import EventLog, Wanted
from makewhole_client.cli.options import AsJson, ProfileName, connected
from makewhole_client.models import DeliveryStatus, MerchantEvent, RedeliveryBody, WebhookEventAnswer

app = typer.Typer(help="What merchants' systems were told, and telling it again.", no_args_is_help=True)

EventId = Annotated[str, typer.Argument(help="The event, evt_…", show_default=False)]
EveryS = Annotated[float, typer.Option("--every", min=0.5, help="Seconds between two looks.")]


@app.command()
def tail(
    refund: Annotated[str | None, typer.Option("--refund", help="Only of this refund.")] = None,
    order: Annotated[str | None, typer.Option("--order", help="Only of this order.")] = None,
    type: Annotated[MerchantEvent | None, typer.Option("--type", help="Only these events.")] = None,
    endpoint: Annotated[str | None, typer.Option("--endpoint", help="Only what this endpoint is told.")] = None,
    status: Annotated[DeliveryStatus | None, typer.Option("--status", help="Only what stands so.")] = None,
    last: Annotated[int, typer.Option("--last", min=0, help="So many of what was before.")] = 10,
    follow: Annotated[bool, typer.Option("--follow/--no-follow", help="Go on with what comes.")] = True,
    every: EveryS = 2.0,
    profile: ProfileName = None,
    json: AsJson = False,
) -> None:
    """Print events, the oldest first, and go on with those that come; as JSON one a line."""
    with connected(profile) as api:
        log = EventLog(api, Wanted(refund_id=refund, order_id=order, type=type, endpoint_id=endpoint, status=status))
        _print(log.newest(last), json)
        while follow:
            time.sleep(every)
            _print(log.since_then(), json)


@app.command()
def show(event_id: EventId, profile: ProfileName = None, json: AsJson = False) -> None:
    """Show an event: what was sent, to whom, and what they answered."""
    with connected(profile) as api:
        event = api.get_webhook_event(event_id)
    if json:
        return showing.as_json(event)
    typer.echo(showing.event_line(event))
    for delivery in event.deliveries:
        for attempt in delivery.log:
            said = attempt.status_code or attempt.trouble
            typer.echo(f"  {attempt.at:%Y-%m-%d %H:%M:%S}  {delivery.endpoint_id}  {said}  {attempt.answer}")
    return typer.echo(event.body or "not sent yet")


@app.command()
def resend(
    event_id: EventId,
    endpoint: Annotated[str | None, typer.Option("--endpoint", help="Only to this one, also one that is new.")] = None,
    idempotency_key: options.Key = None,
    profile: ProfileName = None,
    json: AsJson = False,
) -> None:
    """Send an event again under its own id, to all that were told or to one endpoint."""
    body = RedeliveryBody(endpoint_id=endpoint) if endpoint is not None else RedeliveryBody()
    with connected(profile) as api:
        event = api.redeliver_webhook_event(event_id, body, idempotency_key=idempotency_key)
    if json:
        return showing.as_json(event)
    return typer.echo(showing.event_line(event))


def _print(events: list[WebhookEventAnswer], json: bool) -> None:
    for event in events:
        if json:
            showing.as_json(event)
        else:
            typer.echo(showing.event_line(event))

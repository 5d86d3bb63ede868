"""The commands of `makewhole`."""

import typer

from makewhole_client.cli import bulk, clock, config, events, refunds

app = typer.Typer(
    help="Refunds from a terminal. Where and by which key, MAKEWHOLE_URL and MAKEWHOLE_API_KEY say, or `config set`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for command in (refunds.quote, refunds.refund, refunds.show, refunds.watch, refunds.approve, refunds.reject):
    app.command()(command)
app.command(name="list")(refunds.list_)
app.add_typer(bulk.app, name="bulk")
app.add_typer(events.app, name="events")
app.add_typer(clock.app, name="clock")
app.add_typer(config.app, name="config")

"""`python -m api` serves HTTP."""

import asyncio
import logging

from api.app import make_app
from api.deadline import Patience
from api.request_ids import WithRequestId
from api.server import allow_connections, serving
from db.engine import open_engine
from settings import Settings
from workflows.connection import connect


async def main() -> None:
    settings = Settings.from_environment()
    form = "%(asctime)s %(levelname)s %(name)s %(request_id)s: %(message)s"
    logging.basicConfig(level=settings.log_level, format=form)
    for handler in logging.getLogger().handlers:
        handler.addFilter(WithRequestId())
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
    patience = Patience(settings.answer_within_s)
    engine = open_engine(settings.database_url, statement_s=patience.statement_s)
    app = make_app(
        engine,
        await connect(lazy=True),
        settings.webhook_secrets,
        patience,
        evidence_over_http=settings.evidence_over_http,
    )
    allow_connections()
    await serving(app, settings.api_host, settings.api_port).serve()


asyncio.run(main())

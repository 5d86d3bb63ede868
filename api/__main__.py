"""`python -m api` serves HTTP."""

import asyncio
import logging

from api.access import Services
from api.heavy import Lane
from api.program import check_role, make, of_the_lane
from api.server import allow_connections, serving
from settings import Settings


async def main() -> None:
    settings = Settings.from_environment()
    await check_role(settings)
    app = await make(settings, lane=Lane(of_the_lane))
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
    allow_connections()
    services: Services = app.state.services
    await serving(app, *settings.api_address, tls=settings.tls, before_the_end=services.live.stop).serve()


if __name__ == "__main__":  # a process of the lane imports this as well
    asyncio.run(main())

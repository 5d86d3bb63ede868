"""`python -m gateways.sandbox`: the sandbox as a program, since a provider keeps its own time whoever dies."""

import asyncio
import logging
import signal
import sys

import httpx

from db.engine import open_engine
from gateways.sandbox.webhook_sender import SandboxWebhookSender
from logs import log_in_lines
from settings import Settings


def main() -> int:
    """Turn pending refunds and deliver webhooks until SIGTERM or SIGINT; 1 where it is not told how to sign them."""
    settings = Settings.from_environment()
    log_in_lines(settings.log_level)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    secrets = settings.webhook_secrets.get("sandbox", ())
    if not secrets or not settings.sandbox_webhook_url:
        print("set MAKEWHOLE_SANDBOX_WEBHOOK_SECRETS and MAKEWHOLE_SANDBOX_WEBHOOK_URL", file=sys.stderr)
        return 1
    asyncio.run(_deliver(settings, secrets[0]))
    return 0


async def _deliver(settings: Settings, secret: str) -> None:
    engine = open_engine(settings.database_url, pool_size=5)
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with httpx.AsyncClient(timeout=10, trust_env=False) as http:
        post = asyncio.create_task(SandboxWebhookSender(engine, http, settings.sandbox_webhook_url, secret).run())
        await asyncio.wait([post, asyncio.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED)
        if post.done():
            await post  # it never ends by itself: say what ended it, and be started again
        post.cancel()
    await engine.dispose()


if __name__ == "__main__":
    sys.exit(main())

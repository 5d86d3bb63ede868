"""Where the customer's pages are."""

from starlette.routing import BaseRoute, Route

from web.customer.entry import Entry
from web.pages import Pages


def customer_routes(pages: Pages) -> list[BaseRoute]:
    entry = Entry(pages)
    return [
        Route("/", entry.show),
        Route("/codes", entry.ask_for_code, methods=["POST"]),
        Route("/code", entry.show_code),
        Route("/sessions", entry.open_session, methods=["POST"]),
        Route("/leave", entry.leave, methods=["POST"]),
    ]

"""Where the customer's pages are."""

from starlette.routing import BaseRoute, Route

from web.customer import pictures
from web.customer.door import Door, Handler
from web.customer.entry import Entry
from web.customer.order import OrderPages
from web.customer.passkeys import PasskeyPages
from web.customer.refund import RefundPages
from web.pages import Pages


def customer_routes(pages: Pages) -> list[BaseRoute]:
    entry, orders, refunds, door = Entry(pages), OrderPages(pages), RefundPages(pages), Door(pages)
    passkeys = PasskeyPages(pages)

    def read(path: str, handler: Handler) -> Route:
        return Route(path, door.before(handler), methods=["GET"])

    def said(path: str, handler: Handler) -> Route:
        return Route(path, door.before(handler), methods=["POST"])

    return [
        Route("/", entry.show),
        Route("/codes", entry.ask_for_code, methods=["POST"]),
        Route("/code", entry.show_code),
        Route("/sessions", entry.open_session, methods=["POST"]),
        Route("/keys", entry.enter_by_key, methods=["POST"]),
        Route("/enter", entry.show_link),
        Route("/enter", entry.enter_by_link, methods=["POST"]),
        Route("/sessions/challenges", entry.challenge, methods=["POST"]),
        Route("/sessions/by-passkey", entry.enter_by_passkey, methods=["POST"]),
        Route("/leave", entry.leave, methods=["POST"]),
        read("/orders/{order_id}", orders.show),
        read("/orders/{order_id}/why", orders.why),
        read("/orders/{order_id}/quote", orders.quote),
        said("/orders/{order_id}/confirm", orders.confirm),
        said("/orders/{order_id}/refunds", orders.ask),
        said("/orders/{order_id}/appeal", orders.appeal),
        read("/passkeys", passkeys.show),
        said("/passkeys", passkeys.keep),
        said("/passkeys/challenges", passkeys.challenge),
        said("/passkeys/{passkey_id}/forgotten", passkeys.forget),
        read("/pictures/{evidence_id}", pictures.show),
        read("/refunds/{refund_id}", refunds.show),
        read("/refunds/{refund_id}/story", refunds.story),
        said("/refunds/{refund_id}/shipment", refunds.send),
        said("/refunds/{refund_id}/cancel", refunds.cancel),
        said("/refunds/{refund_id}/evidence", refunds.add_evidence),
        said("/refunds/{refund_id}/feedback", refunds.give_feedback),
    ]

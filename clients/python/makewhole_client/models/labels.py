# Written by `make client`; change the document, or the async half, instead.
"""Models: labels."""

from makewhole_client.model_base import Body


class ParcelBody(Body):
    """Another parcel of a return: nothing has to be said of it."""

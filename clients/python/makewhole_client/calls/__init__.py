# Written by `make client`; change the document, or the async half, instead.
"""Every request that there is."""

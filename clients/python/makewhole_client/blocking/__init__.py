# Written by `make client`; change the document, or the async half, instead.

"""The whole of makewhole on one machine: Postgres, Temporal, workers, the API, and who watches over them."""


class StackError(Exception):
    """The stack cannot start or go on; the message is for the person at the console."""

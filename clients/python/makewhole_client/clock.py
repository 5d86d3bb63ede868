"""What time it is: what a webhook's age and a date in Retry-After are measured by."""

import time


def now() -> float:
    """Seconds since 1970."""
    return time.time()

"""x"""


def hunt(seed: int, schedules: int) -> dict[str, object]:
    return {}

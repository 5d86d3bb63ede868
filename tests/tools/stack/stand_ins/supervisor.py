"""A supervisor with two diary-writing children, until it is killed: python supervisor.py <home>."""

import signal
import sys
from pathlib import Path

from tests.tools.stack.helpers import diary, diary_child, eventually, supervised

home_path = Path(sys.argv[1])
with supervised(home_path) as supervisor:
    supervisor.start(diary_child(home_path, "first"))
    eventually(lambda: diary(home_path))
    supervisor.start(diary_child(home_path, "second"))
    signal.pause()

"""A program that uses a stack on servers that are not its own, until a signal ends it: python body.py <home>."""

import os
import signal
import sys
from pathlib import Path

from settings import StackSettings
from tests.tools.stack.servers import stand_in_programs
from tools.stack.stack import Stack

home_path = Path(sys.argv[1])
elsewhere = {
    "MAKEWHOLE_DATABASE_URL": "postgresql://db.invalid/refunds?sslmode=require",
    "TEMPORAL_ADDRESS": "temporal.invalid:7233",
}
programs = stand_in_programs(home_path, prepare=lambda _url, _keys: None)
with Stack(StackSettings.from_environment(os.environ | elsewhere), runs=programs):
    signal.pause()

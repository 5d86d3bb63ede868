"""`make up` with real servers and with stand-ins for the worker and the API: python up.py <home>."""

import sys
from pathlib import Path

from settings import StackSettings
from stack.console import say
from stack.stack import Stack
from stack.up import up
from tests.stack.servers import stand_in_programs

settings = StackSettings.from_environment()
sys.exit(up(Stack(settings, show=say, runs=stand_in_programs(Path(sys.argv[1])))))

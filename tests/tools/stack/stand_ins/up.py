"""`make up` with real servers and with stand-ins for the worker and the API: python up.py <home>."""

import sys
from pathlib import Path

from settings import StackSettings
from tests.tools.stack.servers import stand_in_programs
from tools.stack.console import say
from tools.stack.stack import Stack
from tools.stack.up import up

settings = StackSettings.from_environment()
sys.exit(up(Stack(settings, show=say, runs=stand_in_programs(Path(sys.argv[1])))))

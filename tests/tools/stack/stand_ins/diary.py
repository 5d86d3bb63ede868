"""A child that writes down in `<directory>/diary` when it starts and when it is asked to stop.

python diary.py <directory> <name> [stubborn | parent]
A stubborn one does not stop when asked; a parent has a child of its own that outlives it unless somebody sees to it.
"""

import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

directory, name, *manner = sys.argv[1:]


def write(event: str) -> None:
    with (Path(directory) / "diary").open("a") as diary:
        diary.write(f"{name} {event}\n")


def stop(_number: int, _frame: FrameType | None) -> None:
    write("asked to stop")
    if manner != ["stubborn"]:
        sys.exit(0)


signal.signal(signal.SIGTERM, stop)
if manner == ["parent"]:
    subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()", directory])
print(f"hello from {name}", flush=True)
write("started")
while True:
    signal.pause()

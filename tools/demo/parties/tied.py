"""A program that ends with whoever started it: `python -m tools.demo.parties.tied COMMAND…`, until standard input ends.

That happens when the starter says so, and when it was killed.
"""

import subprocess
import sys
import threading


def main(command: list[str]) -> int:
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    threading.Thread(target=_end_with_starter, args=(program,), daemon=True).start()
    return program.wait()


def _end_with_starter(program: subprocess.Popen[bytes]) -> None:
    sys.stdin.buffer.read()
    program.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

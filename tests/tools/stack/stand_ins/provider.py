"""A provider that never has any news."""

import signal

signal.pause()

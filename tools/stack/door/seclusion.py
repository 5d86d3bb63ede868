"""A network of our own for the server: where Linux lets us, nobody else on this machine can reach its ports at all."""

import ctypes
import fcntl
import os
import socket
import struct
import sys
from pathlib import Path

_NEW_USER, _NEW_NET = 0x1000_0000, 0x4000_0000
_SET_FLAGS, _UP, _RUNNING = 0x8914, 0x1, 0x40
_NAME_LENGTH = 16


def seclude() -> bool:
    """Move this process, and what it starts from here on, into a network with nothing in it but `lo`.

    Sockets that are open already stay where they were: the door listens for everybody, and its server for the door.
    Returns whether it could be done: a child tries first, since whoever fails half-way has no network at all.
    Only for a process with one thread.
    """
    if sys.platform != "linux":
        return False
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if _seclude() else 1)
        except BaseException:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0 and _seclude()


def _seclude() -> bool:
    kernel = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0 and kernel.unshare(_NEW_NET) == 0:
        return _raise_loopback()
    if kernel.unshare(_NEW_USER | _NEW_NET) != 0:
        return False
    try:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    except OSError:  # we are nobody in there, which is enough to go on
        pass
    return _raise_loopback()


def _raise_loopback() -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        wanted = struct.pack(f"{_NAME_LENGTH}sh", b"lo", _UP | _RUNNING)
        fcntl.ioctl(any_socket, _SET_FLAGS, wanted)
    return True

"""What the decoding process may do: little memory and time, no network, no file but the one it was handed.

A decoder is a large C program reading bytes of strangers. Everything here is one more wall, taken where the platform
has it (Linux has all, macOS the resource limits) and never needed for a right result, so a refusal is passed over.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import struct
import sys
import sysconfig
import threading
import time

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_LANDLOCK_CREATE_RULESET, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT_SELF = 444, 445, 446  # on every architecture
_LANDLOCK_READ = 1 << 2 | 1 << 3  # files and folders
_LANDLOCK_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # ABI version -> how many rights it knows; 16 from 5 on
_OPEN_FILES = 64
_LARGEST_FILE = 64 * 1024  # its own error output
OUT_OF_MEMORY = 77  # exit status


def watch_memory(memory_bytes: int, every_s: float = 0.05) -> None:
    """For platforms that keep to no limit of address space: a thread ends the process once it has grown by so much.

    Decoders let go of Python's lock while they work, so the thread gets its turn within a frame. Growth, since the
    highest mark may begin with that of the process that started this one.
    """
    unit = 1 if sys.platform == "darwin" else 1024  # what getrusage counts in
    begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def watch() -> None:
        while (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - begun) * unit < memory_bytes:
            time.sleep(every_s)
        os._exit(OUT_OF_MEMORY)

    threading.Thread(target=watch, daemon=True).start()


def confine(*, memory_bytes: int, cpu_s: int, parent_pid: int) -> None:
    """Limits that hold from here on, before a decoder is loaded. Exits when the parent is already gone."""
    for kind, soft, hard in (
        (resource.RLIMIT_AS, memory_bytes, memory_bytes),
        (resource.RLIMIT_CPU, cpu_s, cpu_s + 5),
        (resource.RLIMIT_FSIZE, _LARGEST_FILE, _LARGEST_FILE),
        (resource.RLIMIT_NOFILE, _OPEN_FILES, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some
            resource.setrlimit(kind, (soft, hard))
    if sys.platform != "linux":  # macOS refuses a limit of address space or takes it and lets it pass
        watch_memory(memory_bytes)
    else:
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if libc.unshare(_CLONE_NEWNET):  # not root: a name space of its own users may have one of networks
            libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    if os.getppid() != parent_pid:
        os._exit(1)


def close_file_system() -> bool:
    """From here on no file can be written, and none read but Python's own libraries (Landlock); open ones stay open.

    False where the kernel does not know Landlock: then only the user's own rights protect the files.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None)
    abi = libc.syscall(_LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(1))
    if abi < 1:
        return False
    rights = (1 << _LANDLOCK_FILE_RIGHTS.get(abi, 16)) - 1
    ruleset = (ctypes.c_uint64 * 2)(rights, 0b11 if abi >= 4 else 0)  # files; binding and connecting over TCP
    size = ctypes.c_size_t(16 if abi >= 4 else 8)
    fd = libc.syscall(_LANDLOCK_CREATE_RULESET, ruleset, size, ctypes.c_uint(0))
    if fd < 0:
        return False
    for folder in {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}:
        _allow_reading(libc, fd, folder)  # PyAV and NumPy load parts of themselves when they are first needed
    closed = libc.syscall(_LANDLOCK_RESTRICT_SELF, ctypes.c_int(fd), ctypes.c_uint(0)) == 0
    os.close(fd)
    return bool(closed)


def _allow_reading(libc: ctypes.CDLL, ruleset: int, folder: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        below = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        rule = struct.pack("=Qi", _LANDLOCK_READ, below)
        libc.syscall(_LANDLOCK_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(1), rule, ctypes.c_uint(0))
        os.close(below)

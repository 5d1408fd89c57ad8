"""What a process asks of the system where it moves much: memory that is kept, as many connections as it may have."""

from __future__ import annotations

import gc
from contextlib import suppress

_ONCE = 1024 * 1024
# macOS refuses more than its OPEN_MAX
_DESCRIPTORS = 10_240
# For all that is no connection, and for connections that are accepted before others have ended
_RESERVE = 256


def prepare_process() -> int:
    """Call once everything is loaded, before serving or replaying. Returns how many connections the process may have.

    Changes nothing but speed, and how much goes at a time.
    """
    # asyncio reads into 256 KiB and keeps what came. glibc maps and unmaps pages for each, two page faults a request, until it
    # has seen a block of that size freed; then it keeps the memory. A fifth of the speed
    bytearray(_ONCE)
    # What is loaded stays, and a request leaves no cycles behind: looking for them less often is worth a twentieth.
    # A hostile document of 1 MiB is half a million objects: a look at all of them at once holds everybody up for 50 ms
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 5, 500)
    most = _raise_descriptors()
    return max(most // 2, most - _RESERVE)


def _raise_descriptors() -> int:
    """A process may have so many files open, sockets included; often 1024 or 256 where the system would allow far more."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return _DESCRIPTORS
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if most == resource.RLIM_INFINITY else min(_DESCRIPTORS, most)
    if now == resource.RLIM_INFINITY or now >= wanted:
        return _DESCRIPTORS if now == resource.RLIM_INFINITY else now
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
        return wanted
    return now

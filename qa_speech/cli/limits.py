"""What a command may take of the machine, held by the system and not by good will."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager

MB = 1 << 20


@contextmanager
def memory_limited(more_mb: int) -> Iterator[None]:
    """This process may take so many MB more than it has now; whoever asks for more gets an error.

    Nothing is limited where the system does not say how much that is.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    has_mb = _data_mb()
    if not has_mb or hard != resource.RLIM_INFINITY:
        yield
        return
    resource.setrlimit(resource.RLIMIT_DATA, ((has_mb + more_mb) * MB, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _data_mb() -> int:
    """What this process holds of memory that can be written, in MB; 0 where nobody tells."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as lines:
            for line in lines:
                if line.startswith("VmData:"):
                    return int(line.split()[1]) // 1024
    except OSError:
        return 0
    return 0

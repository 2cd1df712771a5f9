"""How often a password may be tried: by name and address, and by address alone; counted over the last quarter of an hour."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

WINDOW_S = 15 * 60
TRIES_OF_A_NAME, TRIES_OF_AN_ADDRESS = 5, 30
MOST_KEYS = 10_000


class Throttle:
    """Counts failed attempts.

    >>> throttle = Throttle(clock=lambda: 0.0)
    >>> for _ in range(TRIES_OF_A_NAME):
    ...     throttle.failed("质检一", "10.0.0.1")
    >>> throttle.wait_s("质检一", "10.0.0.1"), throttle.wait_s("质检二", "10.0.0.1")
    (900.0, 0.0)
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: dict[tuple[str, str], deque[float]] = {}
        self._lock = threading.Lock()

    def wait_s(self, name: str, address: str) -> float:
        """Seconds until the next attempt is allowed, 0 = now."""
        with self._lock:
            by_name = self._wait((name, address), TRIES_OF_A_NAME)
            by_address = self._wait(("", address), TRIES_OF_AN_ADDRESS)
        return max(by_name, by_address)

    def failed(self, name: str, address: str) -> None:
        """Count an attempt."""
        with self._lock:
            if len(self._failures) > MOST_KEYS:
                self._forget()
            for key in ((name, address), ("", address)):
                self._failures.setdefault(key, deque(maxlen=TRIES_OF_AN_ADDRESS)).append(self._clock())

    def succeeded(self, name: str, address: str) -> None:
        """Forget the failures of a name."""
        with self._lock:
            self._failures.pop((name, address), None)

    def _wait(self, key: tuple[str, str], most: int) -> float:
        failures = self._failures.get(key, deque())
        since = self._clock() - WINDOW_S
        recent = [at for at in failures if at > since]
        if len(recent) < most:
            return 0.0
        return recent[-most] - since

    def _forget(self) -> None:
        since = self._clock() - WINDOW_S
        for key in [key for key, failures in self._failures.items() if failures[-1] <= since]:
            del self._failures[key]

"""How a child process reads its pipe: in a thread, so that the driver is never kept waiting."""

from __future__ import annotations

import os
import queue
import threading
from multiprocessing.connection import Connection
from typing import Any


def inbox_of(link: Connection) -> queue.SimpleQueue[Any]:
    """What comes through a pipe. When the driver has gone this process ends at once, whatever it is busy with."""
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def read() -> None:
        while True:
            try:
                inbox.put(link.recv())
            except (EOFError, OSError):
                os._exit(0)  # nobody would take the answer

    threading.Thread(target=read, daemon=True).start()
    return inbox

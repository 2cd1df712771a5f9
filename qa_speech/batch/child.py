"""The first lines of a child process: threads are limited before anything heavy is imported.

numpy and its kind read these limits when they are loaded, so this module imports nothing but the standard library; what
the process needs comes pickled, and is opened after that.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import Connection

THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
ONE_THREAD: Mapping[str, str] = dict.fromkeys(THREAD_LIMITS, "1")
PR_SET_PDEATHSIG = 1


def enter(link: Connection, module: str, packed: bytes, environment: Mapping[str, str]) -> None:
    """Set the environment, leave signals to the driver, then run ``main(link, …)`` of a module of this package.

    `packed` are its other arguments, pickled.
    """
    end_with_parent()
    os.environ.update(environment)
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    main = import_module(f"qa_speech.batch.{module}").main
    main(link, *pickle.loads(packed))


def end_with_parent() -> None:
    """This process ends with the thread that started it, even in the middle of foreign code; on Linux."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

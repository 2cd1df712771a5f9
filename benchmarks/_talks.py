"""Makes talks in processes of their own: espeak-ng carries state from one utterance to the next, and a talk must sound the
same whatever was made before it. `calls.py` calls `fresh`; the server is `_spoken.py`, which calls `serve`.

    caller ── arguments ──→ server (has spoken nothing) ── fork ──→ child speaks, answers, ends
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

SERVER = Path(__file__).resolve().parent / "_spoken.py"


def fresh(name: str, *arguments: object) -> Any:
    """Call a function of `_spoken.py` in a process in which nothing has been spoken yet."""
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    pickle.dump((name, arguments), server.stdin)
    server.stdin.flush()
    worked, answer = pickle.load(server.stdout)
    if not worked:
        raise RuntimeError(f"{name}{arguments}: {answer}")
    return answer


@cache
def _server() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def serve(functions: dict[str, Callable[..., object]]) -> None:
    """Answer until the caller goes away."""
    while True:
        try:
            name, arguments = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        child = os.fork()
        if child == 0:
            try:
                answer = (True, functions[name](*arguments))
            except Exception as exc:
                answer = (False, repr(exc))
            pickle.dump(answer, sys.stdout.buffer, protocol=pickle.HIGHEST_PROTOCOL)
            sys.stdout.buffer.flush()
            os._exit(0)
        os.waitpid(child, 0)

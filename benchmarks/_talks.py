"""Makes talks in processes of their own: espeak-ng carries state from one utterance to the next, and a talk must sound the
same whatever was made before it. Used by `calls.py`; run as a program it is the server.

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

HERE = Path(__file__).resolve().parent


def fresh(name: str, *arguments: object) -> Any:
    """Call ``calls.NAME(*arguments)`` in a process in which nothing has been spoken yet."""
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
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).resolve())], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


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


if __name__ == "__main__":
    sys.path[:0] = [str(HERE), str(HERE.parent)]
    import _dialogue
    import calls
    import speech

    speech._get_engine()
    for clip in (*calls.DEVELOPMENT_REAL, *calls.REPORT_REAL):
        if (calls.DATA / clip).is_file():
            _dialogue.real_pieces(calls.DATA / clip)
    serve({"talk": calls.talk, "voices": calls.voices})

"""What a run tells while it works: events for whoever watches, a log in its folder.

The log has one JSON line per event: ids, classes and numbers, never what was said.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from qa_speech.files import append_line
from qa_speech.privacy.redact import masked_message
from qa_speech.store.folder import LOG, stamp
from qa_speech.store.summary import Session
from qa_speech.wording.masking import placeholders

Tell: TypeAlias = Callable[[dict[str, Any]], None]
"""Is called with events: ``plan``, ``measuring``, ``layout``, ``progress``, ``note``, ``end``."""
TELL_EVERY_S = 1.0
S_PER_H = 3600


class Journal:
    """Tells of one session and keeps its log; without a folder of the run there is no log."""

    def __init__(self, run: Path | None, session: Session, tell: Tell) -> None:
        self._log_file = None if run is None else run / LOG
        self._session = session
        self._tell = tell
        self._began = self._told = time.monotonic()

    def say(self, event: str, **values: Any) -> None:
        """Tell and log an event."""
        self.log(event, **values)
        self._tell({"event": event, **values})

    def log(self, event: str, **values: Any) -> None:
        """Log an event only; a number or a name in an id or a message is masked."""
        if self._log_file is None:
            return
        shown = {key: _masked(value) for key, value in values.items()}
        append_line(self._log_file, msgspec.json.encode({"time": stamp(), "event": event, **shown}))

    def end(self) -> None:
        """Say how the session has ended."""
        self.say("end", **msgspec.structs.asdict(self._session))

    def progress_now_and_then(self) -> None:
        """Tell how far the session is, once a second at most."""
        if time.monotonic() - self._told >= TELL_EVERY_S:
            self.progress()

    def progress(self) -> None:
        """Tell how far the session is: calls, speed, seconds that are left."""
        session = self._session
        self._told = time.monotonic()
        session.elapsed_s = elapsed_s = self._told - self._began
        todo = session.todo + session.scores
        calls_per_s, speed, left_s = 0.0, 0.0, None
        if elapsed_s:
            calls_per_s = session.done / elapsed_s
            speed = session.audio_s / elapsed_s
        if calls_per_s:
            left_s = round((todo - session.done) / calls_per_s)
        self._tell(
            {
                "event": "progress",
                "done": session.done,
                "todo": todo,
                "ok": session.ok,
                "failed": session.failed,
                "elapsed_s": round(elapsed_s, 1),
                "calls_per_h": round(calls_per_s * S_PER_H, 1),
                "x_realtime": round(speed, 2),
                "eta_s": left_s,
            }
        )


def _masked(value: Any) -> Any:
    return masked_message(value, placeholders("zh")) if isinstance(value, str) else value

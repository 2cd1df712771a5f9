"""What was measured about a model on calls of its user: kept in the model's own folder, read whenever it is loaded.

[decode]
window_s = 20.0              # longest window
least_window_s = 12.0        # filled up to this at least

[measured]
calls = 24
against = "transcripts"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qa_speech.errors import ModelError, problem
from qa_speech.files import write_bytes

TUNED = "tuned.toml"
LEAST_S, LONGEST_S = 8.0, 30.0
"""Windows of a stock Whisper are filled up to the one at least and never longer than the other, in seconds."""
WINDOWS = ("window_s", "least_window_s")


def tuned_options(folder: Path) -> dict[str, float]:
    """The windows that were measured for the model in a folder; none where nothing was.

    Raises
    ------
    ModelError
        The file is not TOML, or a window is not one that a Whisper bears.

    Examples
    --------
    >>> tuned_options(Path("samples"))
    {}
    """
    path = folder / TUNED
    if not path.is_file():
        return {}
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8")).get("decode", {})
    except (OSError, ValueError) as exc:
        raise ModelError(folder.name, problem("{path} cannot be read: {reason}", path=path, reason=exc)) from exc
    found = {}
    for name in WINDOWS:
        value = told.get(name) if isinstance(told, dict) else None
        if value is None:
            continue
        if not isinstance(value, int | float) or not LEAST_S <= value <= LONGEST_S:
            raise ModelError(
                folder.name,
                problem(
                    "{path}: {name} is {value!r}, expected {least_s:g} to {longest_s:g} seconds",
                    path=path,
                    name=name,
                    value=value,
                    least_s=LEAST_S,
                    longest_s=LONGEST_S,
                ),
            )
        found[name] = float(value)
    return found


def keep_tuned(folder: Path, decode: Mapping[str, float], measured: Mapping[str, Any]) -> Path:
    """Write what was measured beside the model; the file.

    Raises
    ------
    ModelError
        The folder cannot be written to.
    """
    lines = ["# written by qa-speech models tune", "[decode]"]
    lines += [f"{name} = {float(decode[name])}" for name in WINDOWS]
    lines += ["", "[measured]"]
    for name, value in measured.items():
        written = f'"{value}"' if isinstance(value, str) else f"{value}"
        lines.append(f"{name} = {written}")
    path = folder / TUNED
    try:
        write_bytes(path, ("\n".join(lines) + "\n").encode())
    except OSError as exc:
        raise ModelError(
            folder.name, problem("{path} cannot be written: {reason}", path=path, reason=exc.strerror or exc)
        ) from exc
    return path

"""Find the folders that ship with the project: `models/`, `scorecards/`, `samples/`, `docs/`.

In a checkout (and an editable install) they lie beside the package; in an installed wheel they lie inside
it, under `_bundled/`. Nothing else in the library needs to know which.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from qa_speech.errors import QaSpeechError, problem

FOLDERS = ("models", "scorecards", "samples", "docs")


def folder(name: str) -> Path:
    """Return the shipped folder `name`, one of ``models``, ``scorecards``, ``samples``, ``docs``.

    Raises
    ------
    QaSpeechError
        The installation is incomplete; the message names both places looked at.

    Examples
    --------
    >>> folder("scorecards").name
    'scorecards'
    """
    if name not in FOLDERS:
        raise ValueError(f"no shipped folder {name!r}; there are: {', '.join(FOLDERS)}")
    package = Path(str(files("qa_speech")))
    places = (package / "_bundled" / name, package.parent / name)
    for place in places:
        if place.is_dir():
            return place
    raise QaSpeechError(
        problem(
            "the shipped folder {name!r} is missing; looked in {place} and {other}",
            name=name,
            place=places[0],
            other=places[1],
        )
    )

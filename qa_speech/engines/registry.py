"""The table of recognisers: built-in Whisper, and those of installed packages, through one door.

A package publishes, under the entry point group ``qa_speech.engines``, a function ``(model, settings) -> Recognizer``;
it is then chosen as ``NAME:MODEL``: ``--model paraformer:/models/paraformer-zh``. A name without an engine is Whisper's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import TypeAlias

from qa_speech.engines.base import Recognizer
from qa_speech.errors import PluginError
from qa_speech.settings import Settings

Loader: TypeAlias = Callable[[str, Settings], Recognizer]


def whisper(name: str, settings: Settings) -> Recognizer:
    """A Whisper model by folder, name or hub id; options: settings over the model's own over the defaults.

    Raises
    ------
    ModelError
        It is not on this machine, or does not load.
    """
    from qa_speech.engines.models import find_model, verified
    from qa_speech.engines.whisper import DecodeOptions, WhisperRecognizer, known_options

    wanted = settings.recognition
    model = verified(find_model(name, models_dir=settings.models_dir))
    chosen = {key: value for key, value in wanted.model_dump().items() if value is not None}
    return WhisperRecognizer(
        model,
        device=wanted.device,
        compute_type=wanted.compute_type,
        threads=wanted.threads,
        options=DecodeOptions(**known_options({**model.decode, **chosen})),
    )


BUILTIN: Mapping[str, Loader] = {"whisper": whisper}


@cache
def recognizers() -> Mapping[str, Loader]:
    """All recognisers by name: the built-in table, then those of installed packages.

    Raises
    ------
    PluginError
        A package's engine does not load, or takes a name that is taken; it names the package.
    """
    table = dict(BUILTIN)
    for entry in entry_points(group="qa_speech.engines"):
        owner = entry.dist.name if entry.dist else entry.value
        if entry.name in table:
            raise PluginError(entry.name, f"package {owner} publishes an engine of this name, but it is taken")
        try:
            table[entry.name] = entry.load()
        except Exception as exc:
            raise PluginError(entry.name, f"the engine of package {owner} does not load: {exc!r}") from exc
    return table


def load_recognizer(name: str, settings: Settings | None = None) -> Recognizer:
    """Load a recogniser: a Whisper folder, name or hub id, or ``ENGINE:MODEL`` for one of an installed package.

    Raises
    ------
    ModelError
        The model is not on this machine, or does not load.
    PluginError
        An installed package's engine is broken.

    Examples
    --------
    >>> words = load_recognizer("demo")
    >>> words.made_with["model"], words.window_s
    ('demo', 15)
    """
    engine, colon, model = name.partition(":")
    if colon and engine in recognizers():
        return recognizers()[engine](model, settings or Settings())
    return whisper(name, settings or Settings())

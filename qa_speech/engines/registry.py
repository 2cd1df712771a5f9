"""The table of recognisers: Whisper, sherpa-onnx, and those of installed packages, through one door.

A package publishes, under the entry point group ``qa_speech.engines``, a function ``(model, settings) -> Recognizer``;
it is then chosen as ``NAME:MODEL``: ``--model mine:/models/mine-zh``. A name without an engine is one of a folder, and what that
holds tells whose it is: Whisper in CTranslate2 format, or a model for sherpa-onnx.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, TypeAlias

from qa_speech.engines.base import Recognizer
from qa_speech.errors import ModelError, PluginError, problem
from qa_speech.settings import REMOTE, Settings

if TYPE_CHECKING:
    from qa_speech.engines.models import Model

Loader: TypeAlias = Callable[[str, Settings], Recognizer]


def local(name: str, settings: Settings) -> Recognizer:
    """A model on this machine, by folder, name or hub id; options: settings over the model's own over the defaults.

    Raises
    ------
    ModelError
        It is not on this machine, or does not load.
    """
    from qa_speech.engines.models import find_model, verified

    model = verified(find_model(name, models_dir=settings.models_dir))
    return _sherpa(model, settings) if model.for_sherpa else _whisper(model, settings)


def _whisper(model: Model, settings: Settings) -> Recognizer:
    from qa_speech.engines.whisper import WhisperRecognizer, options_for

    wanted = settings.recognition
    chosen = {key: value for key, value in wanted.model_dump().items() if value is not None}
    return WhisperRecognizer(
        model,
        device=wanted.device,
        compute_type=wanted.compute_type,
        threads=wanted.threads,
        options=options_for(model, chosen),
    )


def _sherpa(model: Model, settings: Settings) -> Recognizer:
    from qa_speech.engines.sherpa import SherpaRecognizer

    return SherpaRecognizer(model, settings.recognition)


def remote(name: str, settings: Settings) -> Recognizer:
    """The model of this name on the server that the settings name; "" = the one named there.

    Raises
    ------
    ModelError
        The settings name no server, or one that nothing may be sent to.
    """
    from qa_speech.engines.remote import RemoteRecognizer

    if settings.recognizer is None:
        raise ModelError(name or REMOTE, problem("no server: give its address in the settings, [recognizer] url = …"))
    return RemoteRecognizer(name, settings.recognizer, settings.recognition)


BUILTIN: Mapping[str, Loader] = {"whisper": local, "sherpa": local, REMOTE: remote}


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
            raise PluginError(
                entry.name, problem("package {owner} publishes an engine of this name, but it is taken", owner=owner)
            )
        try:
            table[entry.name] = entry.load()
        except Exception as exc:
            raise PluginError(
                entry.name, problem("the engine of package {owner} does not load: {reason!r}", owner=owner, reason=exc)
            ) from exc
    return table


def load_recognizer(name: str, settings: Settings | None = None) -> Recognizer:
    """Load a recogniser: a model's folder, name or hub id, or ``ENGINE:MODEL`` for one of an installed package.

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
    return local(name, settings or Settings())

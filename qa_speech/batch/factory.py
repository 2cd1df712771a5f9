"""What makes the recogniser of a run in the process where it is to work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qa_speech.batch.jobs import Layout, MakeFactory
from qa_speech.engines.base import Recognizer
from qa_speech.engines.registry import load_recognizer
from qa_speech.settings import Settings


@dataclass(frozen=True)
class ModelFactory:
    """Loads the model of the settings, whatever engine it is of."""

    model: str
    settings: Settings

    def __call__(self) -> Recognizer:
        return load_recognizer(self.model, self.settings)


def factory_of(settings: Settings, model: str, layout: Layout) -> ModelFactory:
    """The recogniser's factory, with the threads, batch size and device of the layout."""
    update: dict[str, Any] = {}
    if layout.threads:
        update["threads"] = layout.threads
    if layout.batch_size:
        update["batch_size"] = layout.batch_size
    if layout.devices:
        update["device"] = "cuda"
    if layout.compute_type and settings.recognition.compute_type == "auto":
        update["compute_type"] = layout.compute_type
    recognition = settings.recognition.model_copy(update=update)
    return ModelFactory(model, settings.model_copy(update={"recognition": recognition}))


def factories(settings: Settings, model: str | None, layout: Layout) -> MakeFactory | None:
    """The factory by the recogniser's index: all are alike; None without a model."""
    if model is None:
        return None
    factory = factory_of(settings, model, layout)
    return lambda index: factory

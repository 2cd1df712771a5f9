from importlib.metadata import EntryPoint

import pytest

from qa_speech.engines import registry
from qa_speech.errors import PluginError
from qa_speech.metrics import Metric, metrics
from qa_speech.settings import Settings
from qa_speech.testing import FakeRecognizer


def made(model: str, settings: Settings) -> FakeRecognizer:
    return FakeRecognizer([model, settings.recognition.language])


@pytest.fixture
def publish(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Pretend that an installed package publishes an entry point."""

    def publish(group: str, name: str, value: str) -> None:
        entry = EntryPoint(name, value, group)
        for module in ("qa_speech.engines.registry", "qa_speech.metrics"):
            monkeypatch.setattr(f"{module}.entry_points", lambda group: [entry] if group == entry.group else [])
        registry.recognizers.cache_clear()
        metrics.cache_clear()

    yield publish
    registry.recognizers.cache_clear()
    metrics.cache_clear()


def test_a_package_brings_a_recogniser_chosen_by_its_name(publish) -> None:  # type: ignore[no-untyped-def]
    publish("qa_speech.engines", "paraformer", "tests.test_registry:made")

    found = registry.load_recognizer("paraformer:/models/zh")

    assert isinstance(found, FakeRecognizer)
    assert found.answers == ("/models/zh", "zh")


@pytest.mark.parametrize(
    ("group", "name", "value", "said"),
    [
        ("qa_speech.engines", "broken", "tests.no_such_module:made", "does not load"),
        ("qa_speech.engines", "whisper", "tests.test_registry:made", "it is taken"),
        ("qa_speech.metrics", "broken", "tests.no_such_module:made", "does not load"),
        ("qa_speech.metrics", "silence", "tests.test_registry:SILENCE", "it is taken"),
        ("qa_speech.metrics", "odd", "tests.test_registry:made", "expected a Metric"),
    ],
)
def test_a_broken_or_duplicate_plug_in_is_an_error_that_names_its_package(  # type: ignore[no-untyped-def]
    publish, group: str, name: str, value: str, said: str
) -> None:
    publish(group, name, value)
    with pytest.raises(PluginError, match=said) as caught:
        registry.load_recognizer("x:y") if group == "qa_speech.engines" else metrics()

    assert value in str(caught.value)


SILENCE = Metric("silence", made, "s", (), ())
OWN = Metric("own", made, "s", (), ())


def test_a_package_brings_a_metric(publish) -> None:  # type: ignore[no-untyped-def]
    publish("qa_speech.metrics", "own", "tests.test_registry:OWN")

    assert metrics()["own"] == OWN
    assert "silence" in metrics()

import pickle

import pytest

from qa_speech import errors

MADE = [
    errors.AudioError("a.wav", "odd"),
    errors.DecodeError("a.wav", "not audio"),
    errors.ChannelError("a.wav", "three channels"),
    errors.ConfigError("card.yaml", ["one", "two"]),
    errors.ModelError("small", "missing"),
    errors.EngineError("whisper", "failed"),
    errors.PluginError("talk", "taken"),
    errors.BusyError("pool", "full"),
]


@pytest.mark.parametrize("error", MADE, ids=lambda error: type(error).__name__)
def test_every_error_survives_pickling_and_has_the_root(error: errors.QaSpeechError) -> None:
    again = pickle.loads(pickle.dumps(error))

    assert isinstance(error, errors.QaSpeechError)
    assert (type(again), str(again), again.args) == (type(error), str(error), error.args)


def test_the_docstring_names_every_error() -> None:
    public = [name for name in vars(errors) if name.endswith("Error") and not name.startswith("_")]

    assert errors.__doc__ is not None
    assert [name for name in public if name not in errors.__doc__] == []


def test_all_problems_are_listed() -> None:
    text = str(errors.ConfigError("card.yaml", ["line 1: no title", "line 9: weight 0"]))

    assert text == "card.yaml: 2 problems\n  line 1: no title\n  line 9: weight 0"

"""Judge a call: a reviewed YAML file says what good service means, `score` applies it to a stored call.

* `load_scorecard`  YAML → `Scorecard`, strict, every problem at once
* `choose_scorecard`  which of several judges a call
* `score`           Call + Scorecard → Score: no audio, no models, about a millisecond
* `lint`, `run_examples`  what is valid but wrong; the tests written inside the file
* `compare`         two versions over stored calls: what would change
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qa_speech.scorecard.choice import choose_scorecard
from qa_speech.scorecard.schema import load_scorecard
from qa_speech.scorecard.score import score, with_measured

if TYPE_CHECKING:
    from qa_speech.scorecard.model import Scorecard

__all__ = ["Scorecard", "choose_scorecard", "load_scorecard", "score", "with_measured"]


def __getattr__(name: str) -> object:
    # the model needs pydantic, which `import qa_speech` must not load
    if name == "Scorecard":
        from qa_speech.scorecard.model import Scorecard

        return Scorecard
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

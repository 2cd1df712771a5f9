"""What a run was made with, held against what it is to go on with: outcomes of two kinds do not get into one run unasked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qa_speech.batch.cards import UNSCORED
from qa_speech.batch.state import State
from qa_speech.batch.work import HOW_FAST
from qa_speech.errors import ConfigError, problem
from qa_speech.files import code_sha256
from qa_speech.settings import Settings
from qa_speech.store.folder import RESULTS
from qa_speech.store.parts import parts_in

ROOMS = (
    "audio", "call", "conduct", "engines", "inputs", "language", "metrics", "pipeline", "privacy", "scorecard", "scores", "stats",
    "tables", "timeline",
)  # fmt: skip
"""The code that outcomes depend on."""
SHOWN = 12
"""Characters of a hash that are shown."""


def outcome_code() -> str:
    """The hash of the code that outcomes depend on."""
    return code_sha256(*ROOMS)


def require_unchanged(run: Path, before: State, after: State) -> None:
    """Nothing: the run goes on as it began, or has no outcome yet.

    Raises
    ------
    ConfigError
        Something differs on which outcomes depend: all that does.
    """
    if not parts_in(run / RESULTS):
        return
    found = list(differences(before, after))
    if found:
        found.append(
            problem(
                "give what the run was made with, name another folder (--out), or do again what depends on "
                "this: --change"
            )
        )
        raise ConfigError(str(run), found)


def differences(before: State, after: State) -> Iterator[str]:
    """What differs between two sessions of a run and changes outcomes, in words.

    >>> from qa_speech.settings import Settings
    >>> one = State(Settings(agent_channel=1).model_dump(mode="json"), scorecard="complaint")
    >>> two = State(Settings(agent_channel=2).model_dump(mode="json"), scorecard="complaint")
    >>> list(differences(one, two))
    ['agent_channel: was 1, is 2']
    """
    if not before.settings:
        return
    old, new = _flat(before), _flat(after)
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield problem(
                "{name}: was {was}, is {now}", name=name, was=_shown(old.get(name)), now=_shown(new.get(name))
            )
    if before.model_sha256 != after.model_sha256:
        yield problem("model: was {was}, is {now}", was=_model(before), now=_model(after))
    yield from _of_cards(before, after)
    if before.code_sha256 and before.code_sha256 != after.code_sha256:
        was, now = before.code_sha256[:SHOWN], after.code_sha256[:SHOWN]
        yield problem(
            "code: another qa_speech than before (was {was}, is {now}); with --change every call is done again",
            was=was,
            now=now,
        )


def _of_cards(before: State, after: State) -> Iterator[str]:
    was, now = before.scorecard or UNSCORED, after.scorecard or UNSCORED
    if was != now and before.cards.get(was) != after.cards.get(now, ""):
        yield problem("scorecard: was {was}, is {now}", was=was, now=now)
    for name, sha256 in sorted(after.cards.items()):
        if before.cards.get(name, sha256) != sha256:
            yield problem(
                "scorecard {name}: was {was}, is {now}",
                name=name,
                was=before.cards[name][:SHOWN],
                now=sha256[:SHOWN],
            )


def _flat(state: State) -> dict[str, Any]:
    """The options that change outcomes, by their names in settings or on the command line."""
    settings = Settings.model_validate(state.settings)
    found: dict[str, Any] = {
        "agent_channel": settings.agent_channel,
        "pairs": settings.pairs,
        "name_pattern": settings.batch.name_pattern,
        "transcripts": state.transcripts,
        "raw": state.raw,
    }
    speech, tables = settings.speech.model_dump(mode="json"), settings.tables.model_dump(mode="json")
    recognition = settings.recognition.model_dump(mode="json", exclude=HOW_FAST)
    diarize = {} if settings.diarize is None else settings.diarize.model_dump(mode="json")
    rules = {str(number): rule.model_dump(mode="json") for number, rule in enumerate(settings.scorecards, 1)}
    parts = {"speech": speech, "recognition": recognition, "diarize": diarize, "tables": tables, "scorecards": rules}
    for part, values in parts.items():
        for name, value in values.items():
            found[f"{part}.{name}"] = value
    return found


def _shown(value: Any) -> str:
    return problem("not set") if value in (None, "") else str(value)


def _model(state: State) -> str:
    if not state.model_sha256:
        return "none"
    return f"{state.settings.get('model')} ({state.model_sha256[:SHOWN]})"

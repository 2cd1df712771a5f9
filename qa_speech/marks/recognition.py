"""Characters the recogniser got wrong on a department's own calls, by role, against transcripts that people wrote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from qa_speech.call import Call, Role
from qa_speech.engines.transcripts import call_from_transcript, read_transcript
from qa_speech.errors import ConfigError, problem
from qa_speech.inputs import CallInput, with_transcripts
from qa_speech.language.phrases import fold
from qa_speech.stats.agreement import bootstrap
from qa_speech.stats.edits import edit_distance

EVERYBODY = "all"


class RoleErrors(msgspec.Struct, frozen=True):
    """Share of characters wrong (0–1) with its 95 % interval over calls; `characters` of the reference, `calls` with any."""

    role: str
    errors: int
    characters: int
    calls: int
    rate: float
    low: float | None
    high: float | None


class Compared(NamedTuple):
    """One role of one call: edits, and characters of the reference."""

    role: str
    edits: int
    characters: int


def recognition_errors(calls: Iterable[Call], references: str | Path) -> list[RoleErrors]:
    """Character error rate by role, all roles together last.

    What counts are letters, digits and Han characters as spoken (`language.phrases.fold`): no punctuation, no spaces, full
    width as half. The interval draws calls again with replacement (Bisani & Ney 2004, "Bootstrap estimates for confidence
    intervals in ASR performance evaluation"); None where there is one call.

    Parameters
    ----------
    references
        Folder of transcripts in any format that is read, named like the calls.

    Raises
    ------
    ConfigError
        No transcript fits a call, or one of them cannot be read.
    """
    held: dict[str, list[Compared]] = {}
    inputs = [call for call in calls if any(utterance.text is not None for utterance in call.utterances)]
    rows = with_transcripts([CallInput(Path(call.id), call.id) for call in inputs], references)
    compared_any = False
    for call, row in zip(inputs, rows, strict=True):
        if row.transcript is None:
            continue
        compared_any = True
        reference = call_from_transcript(read_transcript(row.transcript), call_id=call.id)
        mine = list(compared(call, reference))
        for one in mine:
            held.setdefault(one.role, []).append(one)
        edits, characters = sum(one.edits for one in mine), sum(one.characters for one in mine)
        held.setdefault(EVERYBODY, []).append(Compared(EVERYBODY, edits, characters))
    if not compared_any:
        raise ConfigError(
            str(references), [problem("no transcript here is named like a call with words; expected e.g. CALL.txt")]
        )
    names = [*sorted(held.keys() - {EVERYBODY}), EVERYBODY]
    return [_rate(name, held[name]) for name in names]


def compared(call: Call, reference: Call) -> Iterator[Compared]:
    """A call against its reference, role by role; where the recording does not tell roles apart, all of it at once.

    >>> from qa_speech.testing import make_call
    >>> list(compared(make_call("agent: 你好，请讲", "customer: 嗯"), make_call("agent: 您好请讲", "customer: 嗯")))
    [Compared(role='agent', edits=1, characters=4), Compared(role='customer', edits=0, characters=1)]
    """
    roles = {utterance.role for utterance in call.utterances}
    if Role.UNKNOWN in roles:
        yield _one("unknown", _said(call, None), _said(reference, None))
        return
    for role in (Role.AGENT, Role.CUSTOMER):
        yield _one(role.value, _said(call, role), _said(reference, role))


def _one(role: str, heard: str, reference: str) -> Compared:
    return Compared(role, edit_distance(reference, heard), len(reference))


def _said(call: Call, role: Role | None) -> str:
    """What a role said, or everybody, as it is compared."""
    texts: list[str] = []
    for utterance in call.utterances:
        if role is None or utterance.role is role:
            texts.append(utterance.text or "")
    return fold("".join(texts))


def _rate(role: str, mine: list[Compared]) -> RoleErrors:
    edits = np.array([one.edits for one in mine], float)
    characters = np.array([one.characters for one in mine], float)

    def of(chosen: npt.NDArray[np.intp]) -> float | None:
        total = float(characters[chosen].sum())
        return float(edits[chosen].sum()) / total if total else None

    rate = of(np.arange(len(mine)))
    low, high = bootstrap(of, len(mine)) if len(mine) > 1 else (None, None)
    counted = sum(one.characters > 0 for one in mine)
    return RoleErrors(role, int(edits.sum()), int(characters.sum()), counted, rate or 0.0, low, high)

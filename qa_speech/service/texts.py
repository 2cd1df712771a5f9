"""热词: the texts of a month, and of the one before, from the records of problems and from what customers said in stored calls."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from qa_speech.call import Role
from qa_speech.service.columns import BEFORE, NOW, Calls, Tickets, Words
from qa_speech.service.words import compared, words_of
from qa_speech.store.folder import is_run
from qa_speech.store.parquet import open_run
from qa_speech.store.reports import read_calls

SEED = 20261130
SHOWN_CALLS = 3
MOST = 60


def hot_words(
    runs: Sequence[Path],
    calls: Calls | None,
    tickets: Tickets | None,
    most: int,
) -> tuple[tuple[Words, ...], tuple[int, int]]:
    """Words more frequent than in the period before, each with calls in which it stands, and how many texts there were.

    Parameters
    ----------
    most
        Calls of a period of which the words are read; more are drawn at random, with a fixed seed.
    """
    counts: dict[int, Counter[str]] = {NOW: Counter(), BEFORE: Counter()}
    texts = {NOW: 0, BEFORE: 0}
    examples: dict[str, list[str]] = {}
    for period, call, text in _texts(runs, calls, tickets, most):
        held = words_of(text)
        texts[period] += 1
        counts[period].update(held)
        if period == NOW and call:
            for word in held:
                heard = examples.setdefault(word, [])
                if len(heard) < SHOWN_CALLS and call not in heard:
                    heard.append(call)
    found = compared(counts[NOW], counts[BEFORE], texts[NOW], texts[BEFORE])[:MOST]
    words = tuple(word._replace(calls=tuple(examples.get(word.word, ()))) for word in found)
    return words, (texts[NOW], texts[BEFORE])


def _texts(
    runs: Sequence[Path],
    calls: Calls | None,
    tickets: Tickets | None,
    most: int,
) -> Iterator[tuple[int, str, str]]:
    """Period, call and text of each text."""
    if tickets is not None:
        periods = tickets.rows.period.tolist()
        for period, call, text in zip(periods, tickets.rows.calls, tickets.texts, strict=True):
            if period in (NOW, BEFORE) and text:
                yield period, call, text
    if calls is None:
        return
    wanted: dict[str, int] = {}
    for period in (NOW, BEFORE):
        held = [call for call, mine in zip(calls.rows.calls, calls.rows.period.tolist(), strict=True) if mine == period]
        chosen = held if len(held) <= most else random.Random(SEED).sample(held, most)
        wanted |= dict.fromkeys(chosen, period)
    for run in runs:
        yield from _said(run, wanted)


def _said(run: Path, wanted: dict[str, int]) -> Iterator[tuple[int, str, str]]:
    """What customers said in the stored calls of a run."""
    if is_run(run):
        stored = (one.decoded() for one in open_run(run).calls(wanted.keys()))
    else:
        stored = (call for call in read_calls(run) if call.id in wanted)
    for call in stored:
        said = " ".join(utterance.text or "" for utterance in call.utterances if utterance.role != Role.AGENT)
        if said.strip():
            yield wanted[call.id], call.id, said

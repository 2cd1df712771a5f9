"""CPU seconds of both sides over the same calls, each in this process on one thread: wall time says little on a shared machine."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import _dialogues
from _common import Figure, figure
from _duel import NOW, OUR_BATCH, Keep, Loader, Peer, make_call, plain, rows_of

from qa_speech.batch.cards import Book
from qa_speech.batch.inline import Inline
from qa_speech.batch.jobs import Layout, Setup
from qa_speech.batch.run import run_batch
from qa_speech.call import Role
from qa_speech.store.base import calls_of
from qa_speech.store.parquet import ParquetStore

BLOCK = 2


@dataclass
class Cost:
    """Sums over the calls that both sides have done."""

    calls: int = 0
    characters: int = 0
    ours_s: float = 0.0
    peer_s: float = 0.0
    errors: list[int] = field(default_factory=lambda: [0, 0])
    ratios: list[float] = field(default_factory=list)

    def figure(self, name: str, peer_batch: int) -> Figure:
        """The ratio with its spread, and the errors of both."""
        rates = [count / max(1, self.characters) for count in self.errors]
        against = (
            f"CPU of BatchedInferencePipeline, batch {peer_batch}, over ours, one thread each; {min(self.ratios):.2f}–"
            f"{max(self.ratios):.2f} over {len(self.ratios)} blocks; CER {rates[0]:.4f}, its {rates[1]:.4f}; "
            f"load {os.getloadavg()[0]:.1f}"
        )
        return figure(name, self.peer_s / self.ours_s, "ratio", self.calls, against)


def compare(
    place: Path, loader: Loader, *, count: int, lengths: tuple[float, float], budget: float, batch: int
) -> Cost:
    """Blocks of two calls in turn, at most `count` calls or `budget` seconds."""
    loader = replace(loader, threads=1, options=replace(loader.options, batch_size=OUR_BATCH))
    (place / "rec").mkdir(parents=True)
    inline = Inline(Setup(NOW, place, Layout(workers=0), make=lambda index: loader))
    inline.start()
    keep, peer, cost = Keep(inline), Peer(loader, (batch,)), Cost()  # type: ignore[arg-type]
    warm = [make_call(place / "rec", 100_001, lengths)]
    _ours(keep, warm, place / "warm")
    _peer(peer, warm, batch)
    began = time.monotonic()
    for first in range(0, count, BLOCK):
        made = [make_call(place / "rec", seed, lengths) for seed in range(first, first + BLOCK)]
        if first // BLOCK % 2 == 0:
            ours, theirs = _ours(keep, made, place / f"run-{first}"), _peer(peer, made, batch)
        else:
            theirs, ours = _peer(peer, made, batch), _ours(keep, made, place / f"run-{first}")
        cost.calls += BLOCK
        cost.characters += sum(len(text) for item in made for text in item.texts.values())
        cost.ours_s, cost.peer_s = cost.ours_s + ours[0], cost.peer_s + theirs[0]
        cost.errors = [cost.errors[0] + ours[1], cost.errors[1] + theirs[1]]
        cost.ratios.append(theirs[0] / ours[0])
        if time.monotonic() - began > budget:
            break
    return cost


def _ours(keep: Keep, made: Sequence[_dialogues.Made], out: Path) -> tuple[float, int]:
    """(CPU seconds, errors) of a batch run in this process."""
    began = time.process_time()
    run_batch(rows_of(made), out, doer=lambda run: keep, settings=NOW, book=Book(), recognizer="same")
    spent = time.process_time() - began
    calls = {call.id: call for call in calls_of(ParquetStore(out))}
    errors = 0
    for item in made:
        for role, text in item.texts.items():
            heard = "".join(one.text or "" for one in calls[item.path.name].utterances_of(Role(role)))
            errors += _dialogues.distance(text, plain(heard))
    return spent, errors


def _peer(peer: Peer, made: Sequence[_dialogues.Made], batch: int) -> tuple[float, int]:
    """(CPU seconds, errors) of the loop over the peer's pipeline."""
    began = time.process_time()
    heard = [peer.transcribe(item.path, batch) for item in made]
    spent = time.process_time() - began
    pairs = [
        pair for item, texts in zip(made, heard, strict=True) for pair in zip(item.texts.values(), texts, strict=True)
    ]
    return spent, sum(_dialogues.distance(said, plain(text)) for said, text in pairs)

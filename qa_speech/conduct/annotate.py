"""Text annotations of calls: what the text models say of the agent's utterances, the exchanges, the customer's turns. No audio.

    politeness, violation, strategy   one row of probabilities per agent utterance
    depth                             one row per turn of the agent in an exchange
    mood                              one row per turn of the customer
    resolution                        one row for the customer's last words, where there are any

They are facts of the Call, made once and stored with it, so that metrics need no model. Each is kept under the words it was
made for (`text_hash`) and the model that made it (`model_hash`): words that have changed since make it stale, and a stale
annotation is not measured; another model makes it worth doing again. What the rules say of the call is kept beside it
(`manners.with_rules`), so that judging again need not read the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path

import msgspec

from qa_speech.call import Annotation, Call
from qa_speech.conduct.classifier import TextClassifier, TextModels, load_text_models
from qa_speech.conduct.manners import with_rules
from qa_speech.conduct.passages import (
    Passage,
    ending_passages,
    exchange_passages,
    mood_passages,
    text_hash,
    utterance_passages,
)
from qa_speech.documents import decode, encode
from qa_speech.errors import ConfigError, ModelError, problem
from qa_speech.files import ResultFolder, write_bytes
from qa_speech.settings import Settings

PASSAGES: dict[str, Callable[[Call], tuple[Passage, ...]]] = {
    "politeness": utterance_passages,
    "violation": utterance_passages,
    "strategy": utterance_passages,
    "depth": exchange_passages,
    "mood": mood_passages,
    "resolution": ending_passages,
}
"""What each classifier reads of a call; classifiers of other names are not asked."""

BLOCK = 64
"""Calls whose texts are looked at together: enough to batch by length."""
DIGITS = 4
"""Decimals that are kept of a probability."""
THRESHOLD = "text_violation_threshold"
"""Key of ``made_with`` that keeps the probability at which the violation model was made to decide."""
SECOND_LOOK = "text_second_look"
"""Key of ``made_with`` that keeps which classifiers read doubtful texts twice, or why none does."""


def annotate(call: Call, models: TextModels) -> Call:
    """One call with fresh annotations; see `annotate_many`.

    >>> from qa_speech.conduct.classifier import load_text_models
    >>> from qa_speech.testing import make_call
    >>> made = annotate(make_call("customer: 月租多少钱", "agent: 三十九元"), load_text_models())
    >>> made.annotations["depth"].items, made.annotations["politeness"].items
    (((0, 1),), ((1,),))
    """
    return next(annotate_many([call], models))


def annotate_many(calls: Iterable[Call], models: TextModels) -> Iterator[Call]:
    """Calls with fresh annotations, in the order given.

    Annotations that are true already (same words, same model) are kept; those of classifiers that `models` does not hold are
    kept too, and so is what the rules say of a call. A call in another language than Chinese, or without words of an agent,
    comes back as it is.
    """
    source = iter(calls)
    while block := list(islice(source, BLOCK)):
        made: list[dict[str, Annotation]] = [{} for _ in block]
        for name, passages_of in PASSAGES.items():
            classifier = models.classifiers.get(name)
            if classifier is None:
                continue
            for number, annotation in _annotated(block, name, classifier, passages_of):
                made[number][name] = annotation
        for call, found in zip(block, made, strict=True):
            annotated = _with(call, found, models) if found else call
            yield with_rules(annotated) if _wanted(call) else annotated


def _annotated(
    block: Sequence[Call],
    name: str,
    classifier: TextClassifier,
    passages_of: Callable[[Call], tuple[Passage, ...]],
) -> Iterator[tuple[int, Annotation]]:
    """The annotations of one classifier that have to be made, each with the number of its call in the block."""
    wanting = [
        number for number, call in enumerate(block) if _wanted(call) and not _is_true(call, name, classifier.model_hash)
    ]
    passages = [passages_of(block[number]) for number in wanting]
    rows = classifier.classify(chain.from_iterable(passages))
    for number, mine in zip(wanting, passages, strict=True):
        values = [tuple([round(value, DIGITS) for value in row]) for row in islice(rows, len(mine))]
        spoken_of = tuple([passage.utterances for passage in mine])
        words = text_hash(block[number])
        yield (
            number,
            Annotation(
                classifier.name, classifier.model_hash, words, tuple(classifier.labels), spoken_of, tuple(values)
            ),
        )


def _wanted(call: Call) -> bool:
    return call.language in ("", "zh") and bool(utterance_passages(call))


def _is_true(call: Call, name: str, model_hash: str) -> bool:
    """Whether a call has the annotation already, of these words and by this model."""
    held = call.annotations.get(name)
    return held is not None and (held.text_hash, held.model_hash) == (text_hash(call), model_hash)


def _with(call: Call, found: dict[str, Annotation], models: TextModels) -> Call:
    made_with = {**call.made_with, SECOND_LOOK: models.second_look}
    if "violation" in found:
        threshold = models.classifiers["violation"].threshold
        made_with.pop(THRESHOLD, None)
        if threshold is not None:
            made_with[THRESHOLD] = f"{threshold:g}"
    return msgspec.structs.replace(call, annotations={**call.annotations, **found}, made_with=made_with)


@lru_cache(maxsize=4)
def text_models(name: str | None = None) -> TextModels | None:
    """The text models of a setting: None = shipped, ``none`` = none, else a folder of `qa-speech train export`.

    Raises
    ------
    ModelError
        The folder is not one of text models. Shipped models that are not installed are no error.
    """
    if name == "none":
        return None
    try:
        return load_text_models(Path(name) if name else None)
    except ModelError:
        if name:
            raise
        return None


def with_annotations(call: Call, settings: Settings) -> Call:
    """A call just made, annotated by the models of the settings; as it is where there are none."""
    models = text_models(settings.text_model)
    if models is not None:
        return annotate(call, models)
    return with_rules(call) if _wanted(call) else call


def annotate_stored(path: str | Path, models: TextModels, *, force: bool = False) -> Iterator[tuple[str, bool]]:
    """Refresh the annotations of stored calls in their files: ``(call id, whether anything changed)``.

    Parameters
    ----------
    path : str or Path
        A ``.json`` file, a ``.jsonl`` file, or a folder of ``.json`` files (that of `qa-speech inspect` keeps them in
        ``calls/``). Files are replaced whole or not at all.
    models : TextModels
        From `load_text_models`.
    force : bool
        Make all annotations anew, also those that are true.

    Raises
    ------
    ConfigError
        There are no stored calls, or a file is not a call; the message names it.
    """
    path = Path(path)
    if path.suffix == ".jsonl":
        yield from _annotate_lines(path, models, force=force)
        return
    files = _files(path)
    if not files:
        raise ConfigError(
            str(path), [problem("no stored calls here; expected *.json files, or a folder calls/ with them")]
        )
    source = iter(files)
    while block := list(islice(source, BLOCK)):
        calls = [decode(_bytes(file), Call, str(file)) for file in block]
        for file, before, after in zip(block, calls, _refreshed(calls, models, force=force), strict=True):
            if after != before:
                write_bytes(file, encode(after) + b"\n")
            yield after.id, after != before


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return ResultFolder(path).call_files()


def _annotate_lines(path: Path, models: TextModels, *, force: bool) -> Iterator[tuple[str, bool]]:
    lines = [line for line in _bytes(path).splitlines() if line.strip()]
    before = [decode(line, Call, f"{path}:{number}") for number, line in enumerate(lines, start=1)]
    after = list(_refreshed(before, models, force=force))
    if after != before:
        write_bytes(path, b"".join([encode(call) + b"\n" for call in after]))
    for one, other in zip(after, before, strict=True):
        yield one.id, one != other


def _refreshed(calls: Sequence[Call], models: TextModels, *, force: bool) -> Iterator[Call]:
    bare = [msgspec.structs.replace(call, annotations={}) for call in calls] if force else calls
    return annotate_many(bare, models)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise ConfigError(str(path), [problem("cannot read: {reason}", reason=exc.strerror or exc)]) from exc

"""One phrase to look for: a plain phrase with its variants, a pattern or a shipped list, with what excuses it; where it is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from qa_speech.call import Role
from qa_speech.errors import problem
from qa_speech.language.phrases import fold
from qa_speech.language.threats import threat_words
from qa_speech.scorecard.checks.base import Part, Text
from qa_speech.scorecard.context import EVERYWHERE, Context, Hit, Place, Reach
from qa_speech.scorecard.question import Needs, Question, unique
from qa_speech.scorecard.search import borders, compiled_pattern
from qa_speech.scorecard.sounds import sound_pattern

LIST_NAMES = {"threats": "扬言升级"}
"""What the lists are called in a sentence."""
_LOOK_AROUND = ("(?=", "(?!", "(?<=", "(?<!")
_PATTERN_MEMORY = 1 << 22
"""Bytes one pattern may take."""


def _spelt_out(value: object) -> object:
    return {"say": value} if isinstance(value, str) else value


def _for_editors(schema: dict[str, Any]) -> None:
    spelt_out = dict(schema)
    schema.clear()
    schema |= {"anyOf": [{"type": "string", "minLength": 1}, spelt_out]}


class Wording(Part):
    """One phrase to look for: a plain phrase, or a pattern, with what excuses it."""

    model_config = ConfigDict(json_schema_extra=_for_editors)

    list: Literal["threats"] | None = Field(
        None, description="自带的词表：threats 扬言升级投诉的说法（工信部、12315、曝光……）"
    )
    say: Text | None = Field(None, description="原话；标点、空格、全半角、大小写不计")
    pattern: Text | None = Field(None, description="正则表达式（google-re2），在去掉标点和空格的文字上匹配")
    variants: tuple[Text, ...] = Field((), description="同义说法，任何一种都算这一句")
    unless: tuple[Text, ...] = Field((), description="被这些更长的说法盖住时不算")
    homophones: bool | None = Field(None, description="同音字也算（防转写错字）")

    @model_validator(mode="after")
    def _one_wording(self) -> Wording:
        if [self.say, self.pattern, self.list].count(None) != 2:
            raise ValueError(problem("give either say or pattern, or a list"))
        if self.say is None and (self.variants or self.homophones):
            raise ValueError(problem("variants and homophones go with say, not with pattern or list"))
        if self.pattern is not None:
            _check_pattern(self.pattern)
        for text in (*self.phrases, *self.unless):
            if not fold(text):
                raise ValueError(problem("{text!r} holds nothing that can be spoken", text=text))
        return self

    @property
    def name(self) -> str:
        """How it is called in a sentence."""
        if self.list is not None:
            return LIST_NAMES[self.list]
        return self.say if self.say is not None else f"/{self.pattern}/"

    @property
    def phrases(self) -> tuple[str, ...]:
        """All that counts as this phrase, as written; none for a pattern."""
        return () if self.say is None else (self.say, *self.variants)


Wordings: TypeAlias = tuple[Annotated[Wording, BeforeValidator(_spelt_out)], ...]


def _check_pattern(pattern: str) -> None:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = _PATTERN_MEMORY
    try:
        compiled = re2.compile(pattern, options=options)
    except re2.error as exc:
        reason = str(exc)
        if exc.args and isinstance(exc.args[0], bytes):
            reason = exc.args[0].decode()
        if any(mark in pattern for mark in _LOOK_AROUND):
            reason = problem("look-ahead and look-behind are not supported; use unless for exceptions")
        raise ValueError(problem("not a usable regular expression: {reason}", reason=reason)) from exc
    if compiled.search("") is not None:
        raise ValueError(problem("this regular expression matches empty text, so it would be found everywhere"))


@dataclass(frozen=True)
class Sought:
    """One wording, ready to be looked for: plain phrases, and patterns by their text."""

    name: str
    phrases: frozenset[str]
    patterns: Mapping[str, Any]
    unless: tuple[str, ...]
    borders: bool

    @property
    def keys(self) -> frozenset[str]:
        """What of it the automaton may find."""
        return self.phrases.union(self.patterns)


def sought(wording: Wording, unless: tuple[str, ...], *, homophones: bool, borders: bool, needs: Needs) -> Sought:
    """Fold a wording and note its phrases and patterns; `unless` and `homophones` are those of the whole list."""
    phrases = frozenset([fold(phrase) for phrase in wording.phrases])
    by_sound = homophones if wording.homophones is None else wording.homophones
    texts: list[str] = []
    listed: tuple[str, ...] = ()
    if wording.list is not None:
        texts = [f"(?im:{pattern})" for pattern in threat_words().patterns]
        listed = threat_words().unless
    elif wording.pattern is not None:
        texts = [f"(?im:{wording.pattern})"]
    elif by_sound:
        texts = [sound_pattern(phrase) for phrase in sorted(phrases)]
    excuses = unique([fold(longer) for longer in (*wording.unless, *listed, *unless)])
    needs.phrases.update(phrases, excuses)
    needs.patterns.update(texts)
    patterns = {text: compiled_pattern(text) for text in texts}
    return Sought(wording.name, phrases, patterns, excuses, borders and wording.say is not None)


def said(question: Question, wanted: Sought, role: Role | None) -> list[Hit]:
    """Every place where a wording is said as it stands, by `role` in reach, in order."""
    context = question.context
    places: list[Place] = []
    for phrase in context.present & wanted.phrases:
        places += context.places_of(phrase)
    return _kept(context, wanted, role, question.reach, places) if places else []


def matched(question: Question, wanted: Sought, role: Role | None) -> list[Hit]:
    """Every place where its pattern, or the pattern of its sound, matches."""
    context = question.context
    places: list[Place] = []
    for text in context.present & wanted.patterns.keys():
        places += context.matches_of(text, wanted.patterns[text], role)
    return _kept(context, wanted, role, question.reach, places) if places else []


def _kept(context: Context, wanted: Sought, role: Role | None, reach: Reach, places: list[Place]) -> list[Hit]:
    """Places as hits, less those of another role, those excused, those across words, and those out of reach."""
    found: dict[tuple[int, int], Hit] = {}
    for place in places:
        index, start, end = place
        utterance = context.utterances[index]
        if role is not None and utterance.role is not role:
            continue
        if wanted.unless and _excused(context, wanted.unless, place):
            continue
        if wanted.borders and not borders(utterance.text or "").issuperset((start, end)):
            continue
        hit = Hit(index, start, end, wanted.name)
        if reach is EVERYWHERE or context.reached(hit, reach):
            found.setdefault((index, start), hit)
    hits = list(found.values())
    if len(hits) > 1:
        hits.sort()
    return hits


def _excused(context: Context, unless: tuple[str, ...], place: Place) -> bool:
    """Whether a longer phrase that is meant otherwise covers the place."""
    for longer in unless:
        if longer not in context.present:
            continue
        for cover in context.places_of(longer):
            if cover.utterance != place.utterance:
                continue
            if cover.start <= place.start and place.end <= cover.end:
                return True
    return False

"""The language of checks as data: windows, phrases, metrics, order, repeats … Import it lazily: it loads pydantic.

Field descriptions become the hints an editor shows (`scorecards/scorecard.schema.json`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeAlias, get_type_hints

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from qa_speech.call import Call, Recording
from qa_speech.errors import ConfigError
from qa_speech.metrics import Metric, metrics

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
Title = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(min_length=1, max_length=1000)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Points = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]
Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=86400, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=100000)]
RoleName = Literal["agent", "customer"]


class Part(BaseModel):
    """Strict: no unknown key, no silent conversion."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", populate_by_name=False)


class Window(Part):
    """Who and where: without any of these the whole call, both parties."""

    role: RoleName | None = Field(None, description="谁说的 agent 坐席 / customer 客户；不写则双方")
    first_s: Seconds | None = Field(None, gt=0, description="只看开头多少秒（从首次有人说话起算）")
    last_s: Seconds | None = Field(None, gt=0, description="只看结尾多少秒（到最后有人说话为止）")
    between_s: tuple[Seconds, Seconds] | None = Field(None, description="只看从第几秒到第几秒（从首次有人说话起算）")
    turns: tuple[int, int] | None = Field(None, description="只看第几到第几个话轮，从 1 数起，-1 是最后一个")

    @model_validator(mode="after")
    def _one_window(self) -> Window:
        if sum(item is not None for item in (self.first_s, self.last_s, self.between_s)) > 1:
            raise ValueError("give only one of first_s, last_s, between_s")
        if self.between_s is not None and self.between_s[0] >= self.between_s[1]:
            raise ValueError("between_s needs two seconds, the smaller first")
        if self.turns is not None:
            first, last = self.turns
            if 0 in (first, last) or (first > last and (first > 0) == (last > 0)):
                raise ValueError("turns needs two turn numbers, the earlier first; 1 is the first turn, -1 the last")
        return self


class Counted(Window):
    """A window and how often something has to happen in it."""

    at_least: Count | None = Field(None, description="至少出现几次")
    at_most: Count | None = Field(None, description="最多出现几次")

    @model_validator(mode="after")
    def _range(self) -> Counted:
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"at_least {self.at_least} is more than at_most {self.at_most}")
        return self


def _wording(value: object) -> object:
    return {"say": value} if isinstance(value, str) else value


def _wording_for_editors(schema: dict[str, Any]) -> None:
    spelt_out = dict(schema)
    schema.clear()
    schema |= {"anyOf": [{"type": "string", "minLength": 1}, spelt_out]}


class Wording(Part):
    """One phrase to look for: a plain phrase, or a pattern, with what excuses it."""

    model_config = ConfigDict(json_schema_extra=_wording_for_editors)

    say: Text | None = Field(None, description="原话；标点、空格、全半角、大小写不计")
    pattern: Text | None = Field(None, description="正则表达式（google-re2），在去掉标点和空格的文字上匹配")
    variants: tuple[Text, ...] = Field((), description="同义说法，任何一种都算这一句")
    unless: tuple[Text, ...] = Field((), description="被这些更长的说法盖住时不算")
    homophones: bool | None = Field(None, description="同音字也算（防转写错字）")

    @model_validator(mode="after")
    def _one_wording(self) -> Wording:
        if (self.say is None) == (self.pattern is None):
            raise ValueError("give either say or pattern")
        if self.pattern is not None:
            if self.variants or self.homophones:
                raise ValueError("variants and homophones go with say, not with pattern")
            _check_pattern(self.pattern)
        from qa_speech.language.phrases import fold

        for text in (self.say, *self.variants, *self.unless):
            if text is not None and not fold(text):
                raise ValueError(f"{text!r} holds nothing that can be spoken")
        return self

    @property
    def name(self) -> str:
        """How it is called in a sentence."""
        return self.say if self.say is not None else f"/{self.pattern}/"


def _check_pattern(pattern: str) -> None:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 22
    try:
        re2.compile(pattern, options=options)
    except re2.error as exc:
        reason = exc.args[0].decode() if exc.args and isinstance(exc.args[0], bytes) else str(exc)
        if any(mark in pattern for mark in ("(?=", "(?!", "(?<=", "(?<!")):
            reason = "look-ahead and look-behind are not supported; use unless for exceptions"
        raise ValueError(f"not a usable regular expression: {reason}") from exc
    if re2.compile(pattern, options=options).search("") is not None:
        raise ValueError("this regular expression matches empty text, so it would be found everywhere")


Wordings: TypeAlias = tuple[Annotated[Wording, BeforeValidator(_wording)], ...]


class Phrase(Counted):
    """Words that have to be said, or must not be said."""

    any: Wordings | None = Field(None, min_length=1, description="说到任何一句即可；at_least / at_most 数次数")
    all: Wordings | None = Field(None, min_length=1, description="每一句都要说到")
    some: Wordings | None = Field(None, min_length=1, description="其中至少 at_least 句不同的话要说到")
    none: Wordings | None = Field(None, min_length=1, description="一句也不许说（忌语）")
    unless: tuple[Text, ...] = Field((), description="被这些更长的说法盖住时不算，对每一句有效")
    homophones: bool = Field(False, description="同音字也算")
    borders: bool | None = Field(
        None, description="命中必须落在词的边界上（“滚”不命中“翻滚”）；none 默认是，其余默认否"
    )

    @model_validator(mode="after")
    def _one_list(self) -> Phrase:
        given = [name for name in ("any", "all", "some", "none") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of any, all, some, none; got {' and '.join(given) or 'none of them'}")
        counted = self.at_least is not None or self.at_most is not None
        if given[0] in ("all", "none") and counted:
            raise ValueError(f"at_least and at_most do not go with {given[0]}")
        if self.some is not None:
            if self.at_least is None or self.at_most is not None:
                raise ValueError("some needs at_least: how many of the phrases")
            if not 1 <= self.at_least <= len(self.some):
                raise ValueError(f"at_least {self.at_least} of {len(self.some)} phrases is not possible")
        return self

    @property
    def mode(self) -> str:
        """``any``, ``all``, ``some`` or ``none``."""
        return next(name for name in ("any", "all", "some", "none") if getattr(self, name) is not None)

    @property
    def wordings(self) -> Wordings:
        """The phrases, whatever the mode."""
        return self.any or self.all or self.some or self.none or ()


class Order(Part):
    """One thing in the neighbourhood of another. Where the anchor never occurs there is nothing to judge."""

    anchor: Check = Field(description="先找到的一处或几处（话术、实体、复述，或会给出时间段的指标）")
    after: Check | None = Field(None, description="其后应当成立")
    before: Check | None = Field(None, description="其前应当成立")
    around: Check | None = Field(None, description="其前后应当成立")
    within_s: Seconds | None = Field(None, gt=0, description="多少秒之内")
    within_turns: Annotated[int, Field(ge=0, le=1000)] | None = Field(None, description="多少个话轮之内；0 = 同一话轮")
    each: bool = Field(True, description="每一处都要成立；false = 有一处成立即可")

    @model_validator(mode="after")
    def _one_side(self) -> Order:
        if sum(item is not None for item in (self.after, self.before, self.around)) != 1:
            raise ValueError("give exactly one of after, before, around")
        return self

    @property
    def side(self) -> str:
        """``after``, ``before`` or ``around``."""
        return next(name for name in ("after", "before", "around") if getattr(self, name) is not None)

    @property
    def inner(self) -> Check:
        """The check that has to hold there."""
        return next(item for item in (self.after, self.before, self.around) if item is not None)


class Repeat(Counted):
    """The same thing said again. Without at_least and at_most: it must not happen."""

    of: Literal["own", "other"] = Field("own", description="own 重复自己说过的话；other 重复对方说过的话")
    questions: bool = Field(False, description="只看问句（客户重复追问）")
    similarity: Share = Field(0.75, gt=0, description="相似度达到多少算重复（字对余弦）")
    min_chars: Annotated[int, Field(ge=2, le=200)] = Field(6, description="少于几个字的话不看")
    within: Annotated[int, Field(ge=1, le=100)] = Field(4, description="与之前的几句话比较")

    @model_validator(mode="after")
    def _whose(self) -> Repeat:
        if self.role is None:
            raise ValueError("repeat needs role: whose repeating is looked for")
        return self


class Entity(Counted):
    """Something with a form: a number, an amount, a date. Default: at least once."""

    kind: Literal["phone", "amount", "date", "id"] = Field(
        description="phone 电话号码 / amount 金额 / date 日期时间 / id 证件号"
    )


class Similar(Counted):
    """A sentence said in other words, by likeness of characters or of sound; no model. Default: at least once."""

    to: Annotated[tuple[Text, ...], Field(min_length=1, max_length=200)] = Field(description="标准话术，可多句")
    by: Literal["characters", "pinyin"] = Field("characters", description="按字或按拼音比较")
    similarity: Share = Field(0.6, gt=0, description="相似度达到多少算说到")


class Attribute(Part):
    """What is known of the call itself: metadata of the manifest, or duration_s, hour, weekday, layout, language."""

    attribute: Annotated[str, Field(min_length=1, max_length=64)]
    is_: tuple[str, ...] | None = Field(None, alias="is", min_length=1, description="取值是其中之一")
    is_not: tuple[str, ...] | None = Field(None, min_length=1, description="取值不是其中任何一个")
    at_least: Number | None = None
    at_most: Number | None = None

    @model_validator(mode="after")
    def _one_test(self) -> Attribute:
        if all(item is None for item in (self.is_, self.is_not, self.at_least, self.at_most)):
            raise ValueError("give is, is_not, at_least or at_most")
        return self


OPERATORS = ("phrase", "metric", "order", "repeat", "entity", "similar", "call", "all", "any", "not")
METRIC_ONLY = ("params", "at_least", "at_most", "role", "first_s", "last_s", "between_s", "turns")


class Check(Window):
    """One operator, or all / any / not of checks. Bounds beside `metric` compare its value."""

    phrase: Phrase | None = None
    metric: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        None, description="指标或“指标.分量”，见 qa-speech metrics list"
    )
    params: Mapping[str, Any] | None = Field(None, description="指标参数")
    at_least: Number | None = Field(None, description="指标值不小于")
    at_most: Number | None = Field(None, description="指标值不大于")
    order: Order | None = None
    repeat: Repeat | None = None
    entity: Entity | None = None
    similar: Similar | None = None
    call: Attribute | None = None
    all: tuple[Check, ...] | None = Field(None, min_length=1)
    any: tuple[Check, ...] | None = Field(None, min_length=1)
    not_: Check | None = Field(None, alias="not")

    @model_validator(mode="after")
    def _one_operator(self) -> Check:
        given = [name for name in OPERATORS if getattr(self, "not_" if name == "not" else name) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(OPERATORS)}; got {' and '.join(given) or 'none of them'}")
        if self.metric is None:
            stray = [name for name in METRIC_ONLY if getattr(self, name) is not None]
            if stray:
                raise ValueError(f"{', '.join(stray)} beside {given[0]} has no meaning; write it inside {given[0]}")
        else:
            metric_call(self.metric, json.dumps(self.params or {}, ensure_ascii=False), self.role)
        return self

    @property
    def operator(self) -> str:
        """The name of its operator."""
        return next(name for name in OPERATORS if getattr(self, "not_" if name == "not" else name) is not None)


@lru_cache(maxsize=4096)
def metric_call(name: str, params_json: str, role: str | None) -> tuple[Metric, str, Mapping[str, Any]]:
    """The metric, component and typed parameters behind a name such as ``silence.longest_s``.

    Raises
    ------
    ValueError
        No such metric, component or parameter, or a value of the wrong type; says what there is.
    """
    metric, part = known_figure(name)
    head = metric.name
    given = json.loads(params_json)
    problems = []
    if metric.per_role:
        if role is None and "role" not in given:
            problems.append(f"metric {head} is measured per role: give role: agent or role: customer")
        elif role is not None:
            given = {**given, "role": role}
    elif role is not None:
        problems.append(f"metric {head} is not measured per role; leave role out")
    hints = get_type_hints(metric.function)
    typed = {}
    for key, value in given.items():
        if key not in metric.params:
            known = tuple(metric.params)
            problems.append(
                f"metric {head} has no parameter {key!r}{_like(key, known)}; it has: {', '.join(known) or 'none'}"
            )
            continue
        try:
            typed[key] = TypeAdapter(hints[key]).validate_json(json.dumps(value), strict=True)
        except ValidationError as exc:
            wanted = exc.errors(include_url=False)[0]["msg"]
            problems.append(f"parameter {key} of metric {head}: {wanted[0].lower()}{wanted[1:]}, got {value!r}")
    problems = problems or _refused(metric, typed)
    if problems:
        raise ValueError("; ".join(problems))
    return metric, part, typed


def _refused(metric: Metric, params: Mapping[str, Any]) -> list[str]:
    """What the metric itself has against these parameters: it is asked about a call in which nothing happens."""
    try:
        metric.function(Call(Recording("nothing")), **params)
    except ConfigError as exc:
        return [f"metric {metric.name}: {problem}" for problem in exc.problems]
    return []


def known_figure(name: str) -> tuple[Metric, str]:
    """The metric and component behind a name such as ``silence.longest_s``; ``value`` is the metric's own figure.

    Raises
    ------
    ValueError
        No such metric or component; says what there is.
    """
    table = metrics()
    head, _, part = name.partition(".")
    if head not in table:
        raise ValueError(f"no metric {head!r}{_like(head, tuple(table))}; there are: {', '.join(table) or 'none'}")
    known = ("value", *table[head].names)
    if (part or "value") not in known:
        raise ValueError(f"metric {head} has no component {part!r}{_like(part, known)}; it has: {', '.join(known)}")
    return table[head], part or "value"


def _like(word: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(word, known, 1)
    return f" (did you mean {close[0]!r}?)" if close else ""

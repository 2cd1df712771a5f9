"""The scorecard as data: what each key means, which values it takes. Import it lazily: it loads pydantic.

Field descriptions become the hints an editor shows (`scorecards/scorecard.schema.json`). Whatever two fields have
to agree on is checked here where both lie in one mapping, and in `schema` where they lie far apart.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PrivateAttr, field_validator, model_validator

from qa_speech.errors import problem, together
from qa_speech.language.script import line_problem
from qa_speech.metrics.doubt import NEAR_BOUND, UNSURE, UNSURE_SHARE
from qa_speech.scorecard.checks.base import Count, Id, Number, Part, Percent, Points, Seconds, Share, Title
from qa_speech.scorecard.checks.metric import MetricCheck, known_figure
from qa_speech.scorecard.checks.table import Check


class Band(Part):
    """Points of a criterion by the value of its metric; read from the top, the first that fits counts."""

    below: Number | None = Field(None, description="值小于它时得这些分；最后一档不写")
    points: Points = Field(description="得分")


def _fatal(value: object) -> object:
    return {"effect": value} if isinstance(value, str) else value


def _fatal_for_editors(schema: dict[str, Any]) -> None:
    cap = {"properties": {"cap": schema["properties"]["cap"]}, "additionalProperties": False}
    schema.clear()
    schema |= {"anyOf": [{"enum": ["form", "section"]}, {"type": "object", "required": ["cap"], **cap}]}


class Fatal(Part):
    """What a fail does beyond its points: nothing left of the form or the section, or a limit to the total."""

    model_config = ConfigDict(json_schema_extra=_fatal_for_editors)

    effect: Literal["form", "section"] | None = None
    cap: Percent | None = Field(None, description="总分封顶")

    @model_validator(mode="after")
    def _one_effect(self) -> Fatal:
        if (self.effect is None) == (self.cap is None):
            raise ValueError(problem("expected form, section, or {{cap: 60}}"))
        return self

    @property
    def name(self) -> str:
        """``form``, ``section`` or ``cap:60``."""
        return self.effect or f"cap:{self.cap:g}"


class Deduct(Part):
    """Points taken from what the section has earned."""

    points: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] = Field(description="扣几分")
    per: Literal["once", "hit"] = Field("once", description="once 只扣一次；hit 每处都扣")
    limit: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] | None = Field(None, description="最多扣几分")


class Criterion(Part):
    """One line of the scorecard."""

    id: Id = Field(description="永不改变的编号（小写字母、数字、连字符）")
    title: Title = Field(description="评分表上的名称")
    points: Points | None = Field(None, description="满分")
    check: Check | None = Field(None, description="怎样算做到")
    bands: tuple[Band, ...] | None = Field(None, min_length=2, description="按指标值分档得分")
    manual: bool = Field(False, description="由人工评定")
    when: Check | None = Field(None, description="适用条件；不成立则本项不适用，不计入分母")
    otherwise: Annotated[str, Field(max_length=100)] = Field(
        "", description="适用条件不成立时页面上怎么说，如：客户未要求办理"
    )
    fatal: Annotated[Fatal, BeforeValidator(_fatal)] | None = Field(
        None, description="一票否决：form 整表 / section 本节 / {cap: 60} 封顶"
    )
    deduct: Deduct | None = Field(None, description="扣分项：没做到时从本节得分中扣")
    bonus: Literal["section", "form"] | None = Field(None, description="加分项：points 加到本节或总分")
    severity: Literal["minor", "major", "critical"] | None = Field(None, description="差错等级：轻微 / 一般 / 严重")
    tags: tuple[Id, ...] = Field((), description="标签，按标签另出小计")
    comment_required: bool = Field(False, description="判定时必须写明理由")
    scored: bool = Field(True, description="false = 只显示，不计分")
    guide: Annotated[str, Field(max_length=4000)] = Field("", description="评分说明，给质检员看")

    @model_validator(mode="after")
    def _agrees(self) -> Criterion:
        problems = list(_criterion_problems(self))
        if problems:
            raise ValueError(together(problems))
        return self

    @property
    def full(self) -> float:
        """Points in reach that count in the denominator: none for deductions, bonuses and pure fatal items."""
        if not self.scored or self.bonus is not None or self.deduct is not None:
            return 0.0
        return self.points or 0.0

    @property
    def weight(self) -> float:
        """What it weighs in coverage: its points, or the most a deduction can take."""
        if not self.scored or self.bonus is not None:
            return 0.0
        if self.deduct is not None:
            return self.deduct.limit or self.deduct.points
        return self.full


def _criterion_problems(criterion: Criterion) -> Iterator[str]:
    """Keys of one criterion that do not go together."""
    has_points, has_fatal = criterion.points is not None, criterion.fatal is not None
    if criterion.manual == (criterion.check is not None):
        yield problem("give either check or manual: true")
    if criterion.otherwise and criterion.when is None:
        yield problem("otherwise says why when does not hold; there is no when")
    if not has_points and not has_fatal and criterion.deduct is None and criterion.scored:
        yield problem("worth nothing: give points, deduct, fatal, or scored: false")
    if criterion.deduct is not None and (has_points or criterion.bands or criterion.bonus):
        yield problem("deduct takes points from the section; it does not go with points, bands or bonus")
    if criterion.bonus is not None and (not criterion.points or has_fatal):
        yield problem("bonus needs points and does not go with fatal")
    if not criterion.scored and (criterion.deduct or criterion.bonus or has_fatal):
        yield problem("scored: false does not go with deduct, bonus or fatal")
    yield from _band_problems(criterion)


def _band_problems(criterion: Criterion) -> Iterator[str]:
    """Bands and a metric without bounds need each other, and points that agree."""
    figure = criterion.check.operator if criterion.check is not None else None
    unbounded = isinstance(figure, MetricCheck) and figure.at_least is None and figure.at_most is None
    bands, points = criterion.bands, criterion.points
    if bands is None:
        if unbounded:
            yield problem("a metric needs at_least, at_most, or bands")
        return
    if not unbounded:
        yield problem("bands need a metric check without at_least and at_most")
    best = max([band.points for band in bands])
    if points is None:
        yield problem("bands need points: the full mark")
    elif best != points:
        yield problem("the best band gives {best:g} points, but points is {points:g}", best=best, points=points)
    edges = [band.below for band in bands[:-1]]
    if bands[-1].below is not None or None in edges:
        yield problem("every band but the last needs below, and the last must not have it")
    elif not _rising([edge for edge in edges if edge is not None]):
        yield problem("bands must rise: each below greater than the one before, else a band is never reached")


def _rising(edges: list[float]) -> bool:
    return all(lower < higher for lower, higher in pairwise(edges))


class Section(Part):
    """A part of the scorecard: criteria, or subsections."""

    id: Id
    title: Title
    weight: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] | None = Field(
        None, description="权重；不写则按本节满分"
    )
    start_points: Points = Field(0.0, description="扣分制的起始分：先得满，再扣")
    criteria: tuple[Criterion, ...] = ()
    sections: tuple[Section, ...] = ()

    @model_validator(mode="after")
    def _one_kind(self) -> Section:
        if bool(self.criteria) == bool(self.sections):
            raise ValueError(problem("a section holds either criteria or sections"))
        if self.sections and self.start_points:
            raise ValueError(problem("start_points belongs to a section with criteria"))
        return self

    @property
    def full(self) -> float:
        """Points in reach when everything applies."""
        own = self.start_points + sum([criterion.full for criterion in self.criteria])
        return own + sum([section.full for section in self.sections])

    @property
    def share(self) -> float:
        """Its weight: as given, else its points."""
        return self.full if self.weight is None else self.weight


class GradeBand(Part):
    """A name for a range of totals."""

    from_: Percent = Field(alias="from", description="从多少分起")
    name: Title


def _date(value: object) -> object:
    try:
        return dt.date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError(problem("expected a date like 2026-01-31, got {value!r}", value=value)) from None


Date = Annotated[dt.date, BeforeValidator(_date)]


class Effective(Part):
    """The days on which calls are judged by this version."""

    from_: Date | None = Field(None, alias="from", description="自哪天起")
    until: Date | None = Field(None, description="到哪天止（当天不含）")

    @model_validator(mode="after")
    def _ordered(self) -> Effective:
        if self.from_ and self.until and self.from_ >= self.until:
            raise ValueError(problem("from must be before until"))
        return self


class Eligible(Part):
    """Calls outside this are not scorable: counted apart, outside every average."""

    min_duration_s: Seconds | None = None
    max_duration_s: Seconds | None = None
    min_turns: Count | None = Field(
        None, description="没有时间的文字按轮次：少于这么多轮次就过短；有时间的看 min_duration_s"
    )
    both_spoke: bool = Field(False, description="双方都说过话")
    recognised: bool = Field(False, description="必须有转写文字")
    attributes: Mapping[str, tuple[str, ...]] = Field({}, description="元数据须取这些值之一，如 queue: [宽带]")


class Trust(Part):
    """When the machine's deductions count without a person: it has agreed with people often enough."""

    min_agreement: Share = Field(description="机器与人一致率的 95% 下限至少达到它，才不经复核就计分")
    marks: Annotated[int, Field(ge=1, le=100_000)] = Field(25, description="至少有这么多条人工评定")


class Review(Part):
    """When a person has to look: limits of what the machine is trusted with."""

    min_probability: Share = Field(UNSURE, description="证据中的字，识别概率低于它就请人复核")
    unsure_share: Share = Field(UNSURE_SHARE, description="查找范围内低概率字超过这个比例，“没说到”就请人复核")
    near: Share = Field(NEAR_BOUND, description="指标离界限不到界限的这个比例就请人复核")
    trust: Trust | None = Field(
        None, description="写了它：与人的一致率还没有达到的项目，扣分一律待复核，如 {min_agreement: 0.8, marks: 25}"
    )


class ManualItems(Part):
    """How criteria weigh that a person judges, until he has."""

    keep_weight: bool = Field(
        False, description="true = 人工项未评之前保留自己的权重，不摊给同节的其他项；总分只说已评的部分"
    )


class Alarm(Part):
    """Something that has to be known at once, whatever the points: a threat to complain higher up, for one."""

    id: Id
    title: Title
    check: Check = Field(description="成立即报警")
    severity: Literal["minor", "major", "critical"] = "critical"
    guide: Annotated[str, Field(max_length=4000)] = Field("", description="说明，给质检员看")


def _line(text: str) -> str:
    what = line_problem(text)
    if what:
        raise ValueError(what)
    return text


class Example(Part):
    """A test inside the scorecard: a dialogue and what it must come to."""

    name: Title
    dialogue: Annotated[tuple[Annotated[str, AfterValidator(_line)], ...], Field(min_length=1, max_length=500)] = Field(
        description="逐句写：“agent: 您好”或“agent@1.5-3: 您好”；只有声音没有文字写“agent@1.5-3”"
    )
    duration_s: Seconds | None = None
    metadata: Mapping[str, str] = {}
    given: Mapping[str, Number] = Field({}, description="直接给定指标值，如 politeness: 80")
    probability: Share = Field(0.95, description="字的识别概率")
    expect: Mapping[str, Literal["pass", "partial", "fail", "not_applicable", "not_measured", "manual", "pending"]] = {}
    alarms: tuple[Id, ...] | None = Field(None, description="应当响起的报警，一个不多，一个不少")
    total: Percent | None = None
    band: str | None = None
    scorable: bool | None = None

    @field_validator("given")
    @classmethod
    def _known_figures(cls, given: Mapping[str, float]) -> Mapping[str, float]:
        for name in given:
            known_figure(name)
        return given


class Scorecard(Part):
    """A reviewed file that says what good service means."""

    id: Id
    version: Annotated[int, Field(ge=1, le=1000000)]
    title: Title
    description: Annotated[str, Field(max_length=4000)] = ""
    effective: Effective = Effective()
    eligible: Eligible = Eligible()
    review: Review = Review()
    pass_mark: Percent | None = Field(None, description="合格线")
    min_coverage: Share = Field(0.6, description="已评权重不足这个比例时不给总分")
    manual: ManualItems = ManualItems()
    alarms: tuple[Alarm, ...] = Field((), description="报警：不计分，出现在所有列表和页面的最前面")
    appeal_days: Annotated[int, Field(ge=1, le=30)] = Field(5, description="申诉期限（天）：判定后可申诉，申诉后须处理")
    bands: tuple[GradeBand, ...] = Field((), description="等级，从高到低，最后一个从 0 起")
    sections: Annotated[tuple[Section, ...], Field(min_length=1)]
    tests: tuple[Example, ...] = ()
    _sha256: str = PrivateAttr("")

    def model_post_init(self, context: Any, /) -> None:
        """Take over the hash of the file, which whoever reads it gives as the context of the validation."""
        if context is not None:
            self._sha256 = context["sha256"]

    @field_validator("bands")
    @classmethod
    def _falling(cls, bands: tuple[GradeBand, ...]) -> tuple[GradeBand, ...]:
        edges = [band.from_ for band in bands]
        if edges != sorted(set(edges), reverse=True):
            raise ValueError(problem("bands must fall from the best to the worst, each from once"))
        if edges and edges[-1] != 0:
            raise ValueError(problem("the last band must be from: 0, else low totals have no band"))
        return bands

    def __hash__(self) -> int:
        return hash((self.id, self.version, self.sha256))

    @property
    def sha256(self) -> str:
        """Of the file it was read from, "" where it was not: two results are comparable when this is the same."""
        return self._sha256

    @property
    def placed(self) -> tuple[tuple[Section, Criterion], ...]:
        """All criteria with the sections they stand in, in the order of the file."""
        return tuple(_placed(self.sections))

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """All criteria, in the order of the file."""
        return tuple([criterion for _, criterion in self.placed])


def _placed(sections: tuple[Section, ...]) -> Iterator[tuple[Section, Criterion]]:
    for section in sections:
        for criterion in section.criteria:
            yield section, criterion
        yield from _placed(section.sections)

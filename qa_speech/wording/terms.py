"""Single terms of the report: a time, a figure, the name of a code, what a piece of evidence is. See `wording`."""

from __future__ import annotations

from typing import Literal, TypeAlias

from qa_speech.call import Call, CriterionScore, Evidence, Finding, Measurement, Recording, Role
from qa_speech.metrics import Component, metrics
from qa_speech.wording import catalogue as words
from qa_speech.wording import labels
from qa_speech.wording.catalogue import Words
from qa_speech.wording.units import UNITS

Lang: TypeAlias = Literal["zh", "en"]

LONGEST_QUOTE = 60


def term(table: Words, code: str, lang: Lang) -> str:
    """A code's name in a table; an unknown code stays itself.

    >>> term(words.OUTCOMES, "fail", "zh"), term(words.OUTCOMES, "odd_one", "en")
    ('未通过', 'odd_one')
    """
    found = table.get(code)
    return code if found is None else found[0 if lang == "zh" else 1]


def clock(seconds: float) -> str:
    """Seconds as ``mm:ss``, or ``h:mm:ss`` from one hour on; the fraction is cut, so that the moment is not missed.

    >>> clock(192.4), clock(59.99), clock(3723)
    ('03:12', '00:59', '1:02:03')
    """
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes:02}:{whole % 60:02}"


def number(value: float, digits: int | None = None) -> str:
    """A number a person reads: one decimal below 100, none above, no trailing zero; or with so many `digits` behind the point.

    >>> number(7.249), number(3.0), number(186.4), number(0.04), number(-31.2), number(1.254, digits=2)
    ('7.2', '3', '186', '0.04', '−31.2', '1.25')
    """
    if digits is not None:
        text = f"{value:.{digits}f}"
    elif value and abs(value) < 0.1:
        text = f"{value:.2g}"
    else:
        text = f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}".removesuffix(".0")
    return text.replace("-", "−")


def short(seconds: float) -> str:
    """Seconds for a program, to the hundredth, as few characters as will do.

    >>> short(12.0), short(3.14159)
    ('12', '3.14')
    """
    return f"{seconds:.2f}".rstrip("0").rstrip(".")


def figure(value: float | None, unit: str, lang: Lang, of: Component | None = None) -> str:
    """A value with its unit; a dash where there is none. The component it is one of may say how it is rounded and counted.

    >>> figure(7.2, "s", "zh"), figure(182, "字/分", "zh"), figure(58, "字", "en"), figure(None, "s", "en")
    ('7.2 秒', '182 字/分', '58 syllables', '–')
    >>> figure(3, "count", "zh"), figure(3, "count", "zh", Component("polite_count", "count", counted="句"))
    ('3 次', '3 句')
    """
    if value is None:
        return "–"
    name = term(UNITS, unit, lang)
    if of is not None and of.counted and unit == "count" and lang == "zh":
        name = of.counted
    space = "" if name == "%" else " "
    shown = number(value, None if of is None else of.digits)
    return f"{shown}{space}{name}".strip()


def outcome(code: str, lang: Lang) -> str:
    """The name of an outcome.

    >>> outcome("not_applicable", "en")
    'Not applicable'
    """
    return term(words.OUTCOMES, code, lang)


def reason(code: str, lang: Lang) -> str:
    """Why there is no figure, or why a person has to look; what follows a colon stays, in brackets.

    >>> reason("mono", "zh"), reason("attribute:queue", "en")
    ('单声道录音，分不出坐席和客户', "the call's data do not meet the scorecard's conditions (queue)")
    """
    head, _, rest = code.partition(":")
    return term(words.REASONS, head, lang) + bracket(rest, lang) if head in words.REASONS else code


def role(who: Role | str | None, lang: Lang) -> str:
    """The name of a role; None speaks of both.

    >>> role(Role.AGENT, "zh"), role(None, "en")
    ('坐席', 'both')
    """
    return term(words.ROLES, "both" if who is None else str(who), lang)


def metric(key: str, lang: Lang) -> str:
    """The name of a metric; ``talk:agent`` names the role too.

    >>> metric("talk:agent", "zh"), metric("silence", "en")
    ('坐席说话时长', 'silences')
    """
    name, _, who = key.partition(":")
    line = metrics().get(name)
    plain = name if line is None else _named(line.component("value"), lang)
    if not who:
        return plain
    space = "" if lang == "zh" else " "
    return f"{role(who, lang)}{space}{plain}"


def declared(metric: str, part: str) -> Component:
    """A component as its metric declares it; one that nobody declares is named by itself and has no unit.

    >>> declared("silence", "longest_s").unit, declared("silence", "value").unit, declared("laughter", "peak").zh
    ('s', 'count', 'peak')
    """
    line = metrics().get(metric)
    if line is None or part not in ("value", *line.names):
        return Component(part, "", part, part)
    return line.component(part)


def highlights(metric: str) -> tuple[str, ...]:
    """The components shown first; none of a metric that is not installed here.

    >>> highlights("response"), highlights("laughter")
    (('p90_s', 'longest_s', 'first_word_s'), ())
    """
    line = metrics().get(metric)
    return () if line is None else line.highlights


def component(metric: str, part: str, lang: Lang) -> str:
    """The name of a component, beside that of its metric.

    >>> component("silence", "longest_s", "zh"), component("silence", "agent_longest_s", "en")
    ('最长', 'agent, longest')
    """
    return _named(declared(metric, part), lang)


def component_figure(metric: str, part: str, value: float | None, lang: Lang) -> str:
    """A component's value, rounded and with the unit as its metric declares them.

    >>> component_figure("silence", "longest_s", 7.24, "zh"), component_figure("speech_rate", "ratio_to_other", 1.254, "en")
    ('7.2 秒', '1.25')
    >>> component_figure("politeness", "polite_count", 3, "zh")
    '3 句'
    """
    one = declared(metric, part)
    return figure(value, one.unit, lang, one)


def figure_name(name: str, part: str, lang: Lang) -> str:
    """What a figure is called by itself, its metric not named beside it.

    >>> figure_name("silence", "longest_s", "zh"), figure_name("overlap", "share", "zh"), figure_name("overlap", "share", "en")
    ('最长静音', '重叠占通话', 'overlap share of call')
    """
    one = declared(name, part)
    if one.alone is not None:
        return one.alone.zh if lang == "zh" else one.alone.en
    if part in ("", "value"):
        return metric(name, lang)
    named = _named(one, lang)
    space = "" if lang == "zh" and named != part else " "
    return f"{metric(name, lang)}{space}{named}"


def _named(one: Component, lang: Lang) -> str:
    """Its name in a language; a component declared without one is shown by its own."""
    return (one.zh if lang == "zh" else one.en) or one.name


def warning(text: str, lang: Lang) -> str:
    """A call's warning: a known code (with its detail after a colon) as a sentence, else the text itself.

    >>> warning("damaged_packets:3", "zh"), warning("something else", "zh")
    ('录音有损坏的数据包，已跳过（3）', 'something else')
    """
    code = warning_code(text)
    if not code:
        return text
    rest = text[len(code) :].strip(": ")
    return f"{term(words.WARNINGS, code, lang)}{bracket(rest, lang)}"


def warning_code(text: str) -> str:
    """The code of a warning, without its detail; "" for free text.

    >>> warning_code("recogniser:temperature:0.4"), warning_code("damaged_packets:3"), warning_code("odd")
    ('recogniser:temperature', 'damaged_packets', '')
    """
    parts = text.split(":")
    return next((code for n in (2, 1) if (code := ":".join(parts[:n])) in words.WARNINGS), "")


def finding(item: Finding, lang: Lang) -> str:
    """What the channel doctor found, with the channel and the figure.

    >>> finding(Finding("clipping", 1, 2.5, "%"), "zh")
    '声道 1：削波失真（2.5%）'
    """
    text = term(words.FINDINGS, item.code, lang)
    if item.value is not None and item.code not in words.PLAIN_FINDINGS:
        text += bracket(figure(item.value, item.unit, lang), lang)
    if item.note:
        text += bracket(reason(item.note, lang), lang)
    if item.channel is None:
        return text
    return f"声道 {item.channel}：{text}" if lang == "zh" else f"channel {item.channel}: {text}"


def where(evidence: Evidence, lang: Lang, call: Call | None = None) -> str:
    """Where to listen: a time or a stretch of time; the line of the transcript when the call has no times.

    >>> where(Evidence("interval", 192.0, 199.2), "zh")
    '03:12–03:19'
    """
    if call is not None and call.times == "nominal":
        place = line_of(evidence, call)
        return ("全程" if lang == "zh" else "whole call") if place is None else line(place, lang)
    start, end = clock(evidence.start), clock(evidence.end)
    return start if start == end or evidence.kind == "quote" else f"{start}–{end}"


def line(index: int, lang: Lang) -> str:
    """An utterance of a call without times, counted from 1.

    >>> line(2, "zh"), line(2, "en")
    ('第 3 句', 'line 3')
    """
    return f"第 {index + 1} 句" if lang == "zh" else f"line {index + 1}"


def start(evidence: Evidence, lang: Lang, call: Call | None = None) -> str:
    """When it starts: a time, or the line of a call without times.

    >>> start(Evidence("interval", 192.0, 199.2), "zh")
    '03:12'
    """
    return where(evidence, lang, call).partition("–")[0]


def line_of(evidence: Evidence, call: Call) -> int | None:
    """Index of the utterance that evidence speaks of, by its index or by time; None for a stretch of several."""
    if evidence.utterance is not None:
        return evidence.utterance
    if evidence.kind == "absence":
        return None
    held = [
        (min(item.end, evidence.end) - max(item.start, evidence.start), -index)
        for index, item in enumerate(call.utterances)
        if evidence.role in (None, item.role) and item.start <= evidence.end and item.end >= evidence.start
    ]
    return -max(held)[1] if held else None


def note(evidence: Evidence, lang: Lang, call: Call | None = None) -> str:
    """What a piece of evidence is: its note by name, or the words that were said.

    >>> note(Evidence("interval", 1.0, 8.2, Role.AGENT, note="dead_air"), "zh")
    '坐席静音 7.2 秒'
    >>> note(Evidence("quote", 1.0, 2.0, Role.AGENT, "我也不清楚"), "zh")
    '坐席：“我也不清楚”'
    """
    if evidence.quote:
        who = role(evidence.role, lang) if evidence.role else ""
        words_said = quoted(evidence.quote, lang)
        return f"{who}{'：' if lang == 'zh' else ': '}{words_said}" if who else words_said
    name = term(words.NOTES, evidence.note.removeprefix("anchor:"), lang)
    if evidence.kind == "absence" and evidence.note == "phrase_avoided":
        return "没有出现" if lang == "zh" else "not said"
    if evidence.kind == "absence":
        missing = "未说到" if lang == "zh" else "not said"
        return f"{missing}{bracket(name, lang)}"
    who = role(evidence.role, lang) if evidence.role else ""
    space = "" if lang == "zh" or not who else " "
    if call is not None and call.times == "nominal":
        return f"{who}{space}{name.replace(' {}', '')}"
    length = figure(evidence.end - evidence.start, "s", lang)
    return f"{who}{space}{name.replace('{}', length) if '{}' in name else f'{name} {length}'}"


def quoted(text: str, lang: Lang) -> str:
    """Words in quotation marks of the language, cut where they are too long for a line.

    >>> quoted("您好", "zh"), quoted("hello", "en")
    ('“您好”', '"hello"')
    """
    short = text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"
    return f"“{short}”" if lang == "zh" else f'"{short}"'


def bracket(text: str, lang: Lang) -> str:
    """Text in brackets of the language; nothing for nothing."""
    if not text:
        return ""
    return f"（{text}）" if lang == "zh" else f" ({text})"


def points(criterion: CriterionScore, lang: Lang) -> str:
    """Points as ``5 / 10``, a deduction or bonus as ``−4`` or ``+2``; a dash where nothing is judged or counted yet.

    >>> points(CriterionScore("a", "A", "s", "partial", 5, 10), "zh")
    '5 / 10'
    >>> points(CriterionScore("a", "A", "s", "fail", -4, 0), "zh"), points(CriterionScore("a", "A", "s", "manual", None, 9), "zh")
    ('−4', '– / 9')
    """
    got = None if criterion.pending else criterion.points
    if criterion.possible:
        return f"{'–' if got is None else number(got)} / {number(criterion.possible)}"
    if not got:
        return ""
    return f"+{number(got)}" if got > 0 else number(got)


def fatal(effect: str, lang: Lang) -> str:
    """The effect of a fatal criterion.

    >>> fatal("cap:60", "zh"), fatal("form", "en"), fatal("", "zh")
    ('总分封顶 60', 'Fatal', '')
    """
    name, _, limit = effect.partition(":")
    if name == "cap":
        return f"{term(labels.UI, 'fatal_cap', lang)} {limit}"
    if name == "section":
        return term(labels.UI, "fatal_section", lang)
    return term(labels.UI, "fatal", lang) if name else ""


def severity(code: str, lang: Lang) -> str:
    """How grave a mistake is; empty where the scorecard does not say.

    >>> severity("major", "zh")
    '一般差错'
    """
    return term(words.SEVERITIES, code, lang) if code else ""


def layout(recording: Recording, lang: Lang) -> str:
    """The channel layout, with the role of each channel where there are two.

    >>> layout(Recording("a", channels=(Role.AGENT, Role.CUSTOMER), layout="two_channel"), "zh")
    '双声道（1 坐席，2 客户）'
    """
    name = term(words.LAYOUTS, recording.layout, lang)
    if recording.layout != "two_channel":
        return name
    comma = "，" if lang == "zh" else ", "
    return name + bracket(comma.join(f"{i} {role(who, lang)}" for i, who in enumerate(recording.channels, 1)), lang)


def measurement(item: Measurement, lang: Lang) -> str:
    """A figure with its unit, or why there is none.

    >>> measurement(Measurement(None, "s", reason="mono"), "en")
    'one channel: agent and customer cannot be told apart'
    """
    return figure(item.value, item.unit, lang) if item.value is not None else reason(item.reason, lang)

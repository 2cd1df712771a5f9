"""Single terms: a time, a figure with its unit, the name of a code."""

from __future__ import annotations

from qa_speech.call import Finding, Recording, Role
from qa_speech.metrics import Component, metrics
from qa_speech.scores import CriterionScore, Measurement
from qa_speech.wording import catalogue as words
from qa_speech.wording import recordings
from qa_speech.wording.lang import Lang, Words, labelled, pick
from qa_speech.wording.units import UNITS

LONGEST_QUOTE = 60
"""Characters of a quote that fit on a line."""
NO_FIGURE = "–"


def term(table: Words, code: str, lang: Lang) -> str:
    """A code's name in a table; an unknown code stays itself.

    >>> term(words.OUTCOMES, "fail", "zh"), term(words.OUTCOMES, "odd_one", "en")
    ('未通过', 'odd_one')
    """
    found = table.get(code)
    if found is None:
        return code
    return pick(lang, *found)


def clock(seconds: float) -> str:
    """Seconds as ``mm:ss``, or ``h:mm:ss`` from one hour on; the fraction is cut, so that the moment is not missed.

    >>> clock(192.4), clock(59.99), clock(3723)
    ('03:12', '00:59', '1:02:03')
    """
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minute:02}:{second:02}"
    return f"{minute:02}:{second:02}"


def span(start_s: float, end_s: float) -> str:
    """A stretch from one second to another; the moment alone where it is shorter than the clock tells.

    >>> span(192.0, 199.2), span(192.0, 192.4)
    ('03:12–03:19', '03:12')
    """
    start, end = clock(start_s), clock(end_s)
    if start == end:
        return start
    return f"{start}–{end}"


def number(value: float, digits: int | None = None) -> str:
    """A number a person reads: one decimal below 100, none above, no trailing zero; or with so many `digits` behind the point.

    >>> number(7.249), number(3.0), number(186.4), number(0.04), number(-31.2), number(1.254, digits=2)
    ('7.2', '3', '186', '0.04', '−31.2', '1.25')
    """
    size = abs(value)
    if digits is not None:
        text = f"{value:.{digits}f}"
    elif 0 < size < 0.1:
        text = f"{value:.2g}"
    elif size < 100:
        text = f"{value:.1f}".removesuffix(".0")
    else:
        text = f"{value:.0f}"
    return text.replace("-", "−")


def figure(value: float | None, unit: str, lang: Lang, of: Component | None = None) -> str:
    """A value with its unit; a dash where there is none. The component it is one of may say how it is rounded and counted.

    >>> figure(7.2, "s", "zh"), figure(182, "字/分", "zh"), figure(58, "字", "en"), figure(None, "s", "en")
    ('7.2 秒', '182 字/分', '58 syllables', '–')
    >>> figure(3, "count", "zh"), figure(3, "count", "zh", Component("polite_count", "count", counted="句"))
    ('3 次', '3 句')
    """
    if value is None:
        return NO_FIGURE
    if of is None:
        of = Component("", unit)
    shown = number(value, of.digits)
    name = term(UNITS, unit, lang)
    if of.counted and unit == "count" and lang == "zh":
        name = of.counted
    if name == "%":
        return f"{shown}%"
    return f"{shown} {name}".strip()


def optional(value: float | None) -> str:
    """A number, without its unit, or a dash where there is none.

    >>> optional(62.5), optional(None)
    ('62.5', '–')
    """
    if value is None:
        return NO_FIGURE
    return number(value)


def outcome(code: str, lang: Lang) -> str:
    """The name of an outcome.

    >>> outcome("not_applicable", "en")
    'Not applicable'
    """
    return term(words.OUTCOMES, code, lang)


def reason(code: str, lang: Lang) -> str:
    """Why there is no figure, or why a person has to look; what follows a colon stays, in brackets. A limit of the scorecard
    is said with what would meet it.

    >>> reason("mono", "zh"), reason("attribute:queue", "en")
    ('单声道录音，分不出坐席和客户', "the call's data do not meet the scorecard's conditions (queue)")
    >>> reason("too_long:max_duration_s=60", "en").partition(";")[0]
    'longer than the scorecard takes: the scorecard asks for 60 s at most'
    """
    head, _, rest = code.partition(":")
    if head not in words.REASONS:
        return code
    limit, _, value = rest.partition("=")
    if limit in words.LIMITS:
        return labelled(term(words.REASONS, head, lang), term(words.LIMITS, limit, lang).format(value), lang)
    return term(words.REASONS, head, lang) + bracket(rest, lang)


def role(who: Role | str | None, lang: Lang) -> str:
    """The name of a role; None speaks of both.

    >>> role(Role.AGENT, "zh"), role(None, "en")
    ('坐席', 'both')
    """
    if who is None:
        who = "both"
    return term(words.ROLES, str(who), lang)


def of_role(who: Role | str | None, name: str, lang: Lang) -> str:
    """A name with the role it speaks of, where it speaks of one; where nobody knows who speaks, it is that of the whole.

    >>> of_role("agent", "语速", "zh"), of_role("agent", "speech rate", "en"), of_role(None, "语速", "zh")
    ('坐席语速', 'agent speech rate', '语速')
    >>> of_role("unknown", "语速", "zh"), of_role("unknown", "speech rate", "en")
    ('全程语速', 'overall speech rate')
    """
    if not who:
        return name
    if who == Role.UNKNOWN:
        return pick(lang, f"全程{name}", f"overall {name}")
    space = " " * (lang == "en" or name[:1].isdigit())
    return f"{role(who, lang)}{space}{name}"


def metric(key: str, lang: Lang) -> str:
    """The name of a metric; ``talk:agent`` names the role too.

    >>> metric("talk:agent", "zh"), metric("silence", "en")
    ('坐席说话时长', 'silences')
    """
    name, _, who = key.partition(":")
    line = metrics().get(name)
    if line is None:
        return of_role(who, name, lang)
    return of_role(who, _named(line.component("value"), lang), lang)


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
    """What a figure is called by itself, its metric not named beside it; a metric without a Chinese title stands apart.

    >>> figure_name("silence", "longest_s", "zh"), figure_name("overlap", "share", "zh"), figure_name("overlap", "share", "en")
    ('最长静音', '重叠占通话', 'overlap share of call')
    """
    one = declared(name, part)
    if one.alone is not None:
        return pick(lang, one.alone.zh, one.alone.en)
    if part in ("", "value"):
        return metric(name, lang)
    named, whole = _named(one, lang), metric(name, lang)
    is_chinese = lang == "zh" and named != part and not whole[-1:].isascii()
    return f"{whole}{named}" if is_chinese else f"{whole} {named}"


def _named(one: Component, lang: Lang) -> str:
    """Its name in a language; a component declared without one is shown by its own."""
    return pick(lang, one.zh, one.en) or one.name


def warning(text: str, lang: Lang) -> str:
    """A call's warning: a known code (with its detail after a colon) as a sentence, else the text itself.

    >>> warning("damaged_packets:3", "zh"), warning("something else", "zh")
    ('录音有损坏的数据包，已跳过（3）', 'something else')
    """
    code = warning_code(text)
    if not code:
        return text
    rest = text[len(code) :].strip(": ")
    return f"{term(recordings.WARNINGS, code, lang)}{bracket(rest, lang)}"


def warning_code(text: str) -> str:
    """The code of a warning, without its detail; "" for free text.

    >>> warning_code("recogniser:temperature:0.4"), warning_code("damaged_packets:3"), warning_code("odd")
    ('recogniser:temperature', 'damaged_packets', '')
    """
    parts = text.split(":")
    for code in (":".join(parts[:2]), parts[0]):
        if code in recordings.WARNINGS:
            return code
    return ""


def finding(found: Finding, lang: Lang) -> str:
    """What the channel doctor found, with the channel and the figure.

    >>> finding(Finding("clipping", 1, 2.5, "%"), "zh")
    '声道 1：削波失真（2.5%）'
    """
    text = term(recordings.FINDINGS, found.code, lang)
    if found.value is not None and found.code not in recordings.PLAIN_FINDINGS:
        text += bracket(figure(found.value, found.unit, lang), lang)
    if found.note:
        text += bracket(reason(found.note, lang), lang)
    if found.channel is None:
        return text
    return labelled(pick(lang, f"声道 {found.channel}", f"channel {found.channel}"), text, lang)


def quoted(text: str, lang: Lang) -> str:
    """Words in quotation marks of the language, cut where they are too long for a line.

    >>> quoted("您好", "zh"), quoted("hello", "en")
    ('“您好”', '"hello"')
    """
    if len(text) > LONGEST_QUOTE:
        text = text[: LONGEST_QUOTE - 1] + "…"
    return pick(lang, f"“{text}”", f'"{text}"')


def bracket(text: str, lang: Lang) -> str:
    """Text in brackets of the language; nothing for nothing.

    >>> bracket("已查", "zh"), bracket("searched", "en"), bracket("", "en")
    ('（已查）', ' (searched)', '')
    """
    if not text:
        return ""
    return pick(lang, f"（{text}）", f" ({text})")


def points(criterion: CriterionScore) -> str:
    """Points as ``5 / 10``, a deduction or bonus as ``−4`` or ``+2``; a dash where nothing is judged or counted yet.

    >>> points(CriterionScore("a", "A", "s", "partial", 5, 10))
    '5 / 10'
    >>> points(CriterionScore("a", "A", "s", "fail", -4, 0)), points(CriterionScore("a", "A", "s", "manual", None, 9))
    ('−4', '– / 9')
    """
    got = None if criterion.pending else criterion.points
    if criterion.possible:
        return f"{optional(got)} / {number(criterion.possible)}"
    if not got:
        return ""
    sign = "+" * (got > 0)
    return f"{sign}{number(got)}"


def fatal(effect: str, lang: Lang) -> str:
    """The effect of a fatal criterion.

    >>> fatal("cap:60", "zh"), fatal("form", "en"), fatal("", "zh")
    ('总分封顶 60', 'Fatal', '')
    """
    name, _, limit = effect.partition(":")
    if not name:
        return ""
    if name == "cap":
        return f"{term(words.EFFECTS, 'cap', lang)} {limit}"
    if name not in words.EFFECTS:
        name = "form"
    return term(words.EFFECTS, name, lang)


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
    name = term(recordings.LAYOUTS, recording.layout, lang)
    if recording.layout != "two_channel":
        return name
    channels = [f"{number} {role(who, lang)}" for number, who in enumerate(recording.channels, 1)]
    return name + bracket(pick(lang, "，", ", ").join(channels), lang)


def measurement(measured: Measurement, lang: Lang) -> str:
    """A figure with its unit, or why there is none.

    >>> measurement(Measurement(None, "s", reason="mono"), "en")
    'one channel: agent and customer cannot be told apart'
    """
    if measured.value is None:
        return reason(measured.reason, lang)
    return figure(measured.value, measured.unit, lang)

"""What was said, and nothing else: the words of a call as JSON, as subtitles (SRT) or as text.

    json    {"id", "duration_s", "segments": [{"speaker": "agent", "start", "end", "text", "words": […]}], "warnings"}
    srt     1 / 00:00:01,200 --> 00:00:03,480 / 坐席：您好
    txt     [00:01.2] 坐席：您好

JSON is read as a transcript again (`--transcripts`). Speech in which no word was found is a line too, and says so.
"""

from __future__ import annotations

import json
from typing import Any, Literal, TypeAlias, get_args

from qa_speech.call import Call, Role, Utterance
from qa_speech.metrics.text import is_wordless
from qa_speech.wording import catalogue, terms
from qa_speech.wording.lang import Lang, pick

Form: TypeAlias = Literal["json", "srt", "txt"]
FORMS: tuple[Form, ...] = get_args(Form)


def spoken(call: Call, form: Form, *, lang: Lang = "zh", role: Role | None = None) -> str:
    """The words of a call, or of one role of it; ends with a line feed unless it is empty.

    Parameters
    ----------
    form
        ``json`` (one line), ``srt`` or ``txt``.
    lang
        Language of the roles' names and of what stands where no word was found.
    role
        Whose words; None = everybody's, and each line says whose it is.

    Examples
    --------
    >>> from qa_speech.testing import make_call
    >>> call = make_call("agent@1.2-3.5: 您好", "customer@4-5: 查话费")
    >>> print(spoken(call, "txt"), end="")
    [00:01.2] 坐席：您好
    [00:04.0] 客户：查话费
    >>> print(spoken(call, "srt", role=Role.AGENT), end="")
    1
    00:00:01,200 --> 00:00:03,500
    您好
    <BLANKLINE>
    """
    said = [one for one in call.utterances if role in (None, one.role) and (one.text or is_wordless(one))]
    if form == "json":
        return json.dumps(_data(call, said), ensure_ascii=False) + "\n"
    named = role is None
    if form == "srt":
        return "".join(_cue(number, one, _line(one, lang, named)) for number, one in enumerate(said, 1))
    return "".join(f"[{_clock(one.start)}] {_line(one, lang, named)}\n" for one in said)


def _data(call: Call, said: list[Utterance]) -> dict[str, Any]:
    """The shape that WhisperX writes, with roles as speakers."""
    return {
        "id": call.id,
        "duration_s": round(call.duration, 3),
        "language": call.language,
        "segments": [_segment(one) for one in said],
        "warnings": list(call.warnings),
        "made_with": dict(call.made_with),
    }


def _segment(said: Utterance) -> dict[str, Any]:
    words = [
        {
            "word": word.text,
            "start": round(word.start, 3),
            "end": round(word.end, 3),
            "score": round(word.probability, 3),
        }
        for word in said.words
    ]
    return {
        "speaker": said.role.value,
        "start": round(said.start, 3),
        "end": round(said.end, 3),
        "text": said.text,
        "words": words,
    }


def _line(said: Utterance, lang: Lang, named: bool) -> str:
    text = said.text or pick(lang, "［有人说话，没有识别出文字］", "[speech without a recognised word]")
    if not named:
        return text
    return f"{terms.term(catalogue.ROLES, said.role.value, lang)}{pick(lang, '：', ': ')}{text}"


def _cue(number: int, said: Utterance, text: str) -> str:
    return f"{number}\n{_stamp(said.start)} --> {_stamp(said.end)}\n{text}\n\n"


def _stamp(seconds: float) -> str:
    """``00:01:02,345`` of seconds."""
    milliseconds = round(seconds * 1000)
    whole, rest = divmod(milliseconds, 1000)
    minutes, second = divmod(whole, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d},{rest:03d}"


def _clock(seconds: float) -> str:
    """``01:02.3`` of seconds; minutes go on beyond sixty."""
    tenths = round(seconds * 10)
    minute, rest = divmod(tenths, 600)
    return f"{minute:02d}:{rest / 10:04.1f}"

"""Problems and help in Chinese: the English text, or the template it was made of, is the key of a table in `chinese/`.

A table is a line an entry: English, tab, Chinese, with the same gaps on both sides. `\\n` stands for the end of a line. What
stands in no table is shown in English.
"""

from __future__ import annotations

import errno
import os
import re
import string
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TypeAlias

from qa_speech.errors import ConfigError, Problem, QaSpeechError
from qa_speech.wording.lang import Lang

Shown: TypeAlias = Callable[[str], str]
TABLES = ("help", "metrics", "problems", "settings")
"""`help`: what commands and options say of themselves. `problems`: what an error says is wrong. `settings`, `metrics`: what
each key and each metric means."""


_NUMBERS = (
    errno.ENOENT, errno.EACCES, errno.EISDIR, errno.ENOTDIR, errno.ENOSPC, errno.EIO, errno.EPERM, errno.EROFS,
    errno.ENAMETOOLONG, errno.EEXIST,
)  # fmt: skip
OF_THE_SYSTEM = frozenset([os.strerror(number) for number in _NUMBERS])
"""What the operating system says, as a reason."""
OF_THE_DECODERS = frozenset(("Format not recognised", "Invalid data found when processing input", "End of file"))
"""What libsndfile and FFmpeg say of what is no recording."""
FOREIGN = OF_THE_SYSTEM | OF_THE_DECODERS
LEAST_LETTERS = 6
"""Letters of a template, its gaps left out, by which a message is known again."""
_GAP = re.compile(r"\{(\w+)[^{}]*\}")


@cache
def chinese(name: str) -> Mapping[str, str]:
    """A table, English → Chinese.

    >>> chinese("help")["Recognition models: list, fetch, verify."]
    '识别模型：列出、获取、校验。'
    """
    text = (Path(__file__).parent / "chinese" / f"{name}.tsv").read_text(encoding="utf-8")
    pairs = (line.split("\t") for line in text.splitlines())
    return {english.replace("\\n", "\n"): told.replace("\\n", "\n") for english, told in pairs}


def help_text(text: str, lang: Lang) -> str:
    """A text of the help in the language asked for."""
    if lang == "en":
        return text
    return chinese("help").get(text, text)


def metric_text(key: str, lang: Lang) -> str:
    """What is told of a metric in Chinese, "" where nothing is: ``NAME`` a line, ``NAME:definition``, ``NAME(parameter)``,
    ``needs:WHAT``. In English it is its docstring that tells."""
    if lang == "en":
        return ""
    return chinese("metrics").get(key, "")


def setting_text(text: str, lang: Lang) -> str:
    """What a key or a table of the settings means, in the language asked for."""
    if lang == "en":
        return text
    return chinese("settings").get(text, text)


def translated(text: str, lang: Lang, shown: Shown = str) -> str:
    """A problem in the language asked for, the problems in its fields as well; any other text as it is.

    `shown` is what becomes of the texts in its fields: their masking.

    >>> from qa_speech.errors import problem
    >>> translated(problem("option {name} is missing", name="--calls"), "zh")
    '缺少选项 --calls'
    """
    if lang == "en":
        return shown(text)
    told = chinese("problems").get(text.template if isinstance(text, Problem) else text)
    if told is None:
        return shown(text)
    if not isinstance(text, Problem):
        return told
    fields = {name: _field(value, lang, shown) for name, value in text.fields.items()}
    return told.format(**fields)


def _field(value: object, lang: Lang, shown: Shown) -> object:
    """What stands in a gap; what the operating system says has a Chinese side too."""
    if isinstance(value, Problem) or (isinstance(value, str) and value in FOREIGN):
        return translated(value, lang, shown)
    if isinstance(value, str):
        return shown(value)
    return value


def retold(message: str, lang: Lang) -> str:
    """A message that was kept as English text, in the language asked for: it is known again by the template it was made of.

    Failures of a run are kept so. What no template fits stays as it is.

    >>> retold("in/a.wav: the file is empty (0 bytes)", "zh")
    'in/a.wav：文件是空的（0 字节）'
    """
    if lang == "en":
        return message
    place, rest = "", message
    while rest:
        told = _known_again(rest)
        if told:
            return place + told
        part, _, rest = rest.partition(": ")
        place += f"{part}："
    return message


def _known_again(text: str) -> str:
    """The Chinese side of the template that a text was made of, "" where none fits."""
    for pattern, told in _patterns():
        found = pattern.fullmatch(text)
        if found:
            fields = {name: retold(value.strip("'"), "zh") for name, value in found.groupdict().items()}
            return _GAP.sub(r"{\1}", told).format(**fields)
    return ""


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Every template that says enough to be known again, as a pattern, and its Chinese side; the longest first."""
    found: list[tuple[int, re.Pattern[str], str]] = []
    for template, told in chinese("problems").items():
        letters = len(re.findall(r"[a-zA-Z]", _GAP.sub("", template)))
        if letters >= LEAST_LETTERS and "{{" not in template:
            found.append((letters, re.compile(_pattern_of(template), re.DOTALL), told))
    found.sort(key=lambda entry: -entry[0])
    return tuple([(pattern, told) for _, pattern, told in found])


def _pattern_of(template: str) -> str:
    pattern = ""
    seen: set[str] = set()
    for literal, name, _, _ in string.Formatter().parse(template):
        pattern += re.escape(literal)
        if name in seen:
            pattern += f"(?P={name})"
        elif name:
            pattern += f"(?P<{name}>.+?)"
            seen.add(name)
    return pattern


def error_text(error: QaSpeechError, lang: Lang, shown: Shown = str) -> str:
    """What an error says, in the language asked for: where, then what is wrong there. `shown`: as for `translated`.

    >>> from qa_speech.errors import ConfigError, problem
    >>> error_text(ConfigError("qa_speech.toml", [problem("expected a number")]), "zh")
    'qa_speech.toml：应为数字'
    """
    if lang == "en" or not error.args:
        return shown(str(error))
    where, what = shown(error.args[0]), error.args[-1]
    if isinstance(error, ConfigError):
        return _listed(where, [translated(one, lang, shown) for one in error.problems])
    if len(error.args) == 1:
        return translated(what, lang, shown)
    return _placed(where, translated(what, lang, shown))


def problem_lines(error: ConfigError, lang: Lang) -> list[str]:
    """Every problem of a file as a line of its own, the place first."""
    told = [translated(problem, lang) for problem in error.problems]
    if lang == "en":
        return [line if line.startswith(error.source) else f"{error.source}: {line}" for line in told]
    return [_placed(error.source, line) for line in told]


def _listed(where: str, told: list[str]) -> str:
    if len(told) == 1:
        return _placed(where, told[0])
    lines = "\n".join(f"  {line}" for line in told)
    return f"{_place(where)}：{len(told)} 处问题\n{lines}"


def _placed(where: str, told: str) -> str:
    if told.startswith(where):
        return told
    return f"{_place(where)}：{told}"


def _place(where: str) -> str:
    """Where it is; an option says that it is one."""
    if where.startswith("--"):
        return f"选项 {where}"
    return where

"""Read a scorecard: YAML → `Scorecard`, strict, with every problem at once as ``file:line: where: what``.

The text is read by `tree`, its meaning is checked by `model` and `problems`. Nothing in a scorecard is ever executed.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from qa_speech.errors import ConfigError, problem
from qa_speech.scorecard.choice import shipped
from qa_speech.scorecard.tree import Problem, composed

if TYPE_CHECKING:
    from qa_speech.scorecard.model import Scorecard

MAX_BYTES = 1 << 20


def load_scorecard(source: str | Path) -> Scorecard:
    """Read and check a scorecard.

    Parameters
    ----------
    source : str or Path
        A file, the name of a shipped scorecard where there is no such file, or the YAML text itself (a str with a line break).

    Returns
    -------
    Scorecard
        Frozen, with `sha256` of its bytes.

    Raises
    ------
    ConfigError
        The file cannot be read or is wrong; `problems` lists everything found as ``file:line: where: what``.

    Examples
    --------
    >>> card = load_scorecard("telecom-hotline")
    >>> card.title, len(card.criteria), card.pass_mark
    ('热线服务质检评分表', 29, 80.0)

    >>> card = load_scorecard('''
    ... id: tiny
    ... version: 1
    ... title: 示例
    ... sections:
    ...   - id: opening
    ...     title: 开头语
    ...     criteria:
    ...       - {id: greeting, title: 问候, points: 10, check: {phrase: {any: [您好], role: agent}}}
    ... ''')
    >>> card.id, [criterion.id for criterion in card.criteria]
    ('tiny', ['greeting'])
    """
    from qa_speech.scorecard.problems import validated

    name, data = _read(source)
    read = composed(data)
    if read.problems:
        raise ConfigError(name, _lines(name, read.problems))
    card, problems = validated(read.tree, read.lines, sha256=hashlib.sha256(data).hexdigest())
    if card is None:
        raise ConfigError(name, _lines(name, problems))
    return card


def _lines(name: str, problems: list[Problem]) -> list[str]:
    return [
        problem("{name}:{line}: {where}: {what}", name=name, line=line, where=where, what=what)
        for line, where, what in sorted(problems)
    ]


def json_schema() -> str:
    """The JSON Schema of a scorecard, for editors that complete and check YAML as it is typed.

    `scorecards/scorecard.schema.json` holds it; a scorecard names it in its first line:
    ``# yaml-language-server: $schema=scorecard.schema.json``. It knows the keys and types; `load_scorecard` checks more.

    >>> schema = json.loads(json_schema())
    >>> sorted(schema["required"])
    ['id', 'sections', 'title', 'version']
    """
    from qa_speech.scorecard.model import Scorecard

    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Scorecard.model_json_schema()}
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _read(source: str | Path) -> tuple[str, bytes]:
    if isinstance(source, str) and "\n" in source:
        name, data = "<text>", source.encode("utf-8", "surrogatepass")
    else:
        name = str(source)
        try:
            with _file(source).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as exc:
            raise ConfigError(name, [problem("cannot be read: {reason}", reason=exc.strerror or exc)]) from exc
        except ValueError as exc:
            raise ConfigError(repr(name), [problem("not a file name: {reason}", reason=exc)]) from exc
    if len(data) > MAX_BYTES:
        what = problem("larger than {most:,} bytes; a scorecard never is", most=MAX_BYTES)
        raise ConfigError(name, _lines(name, [Problem(1, "file", what)]))
    return name, data


def _file(source: str | Path) -> Path:
    """The file of a scorecard; a name of which there is no file may be that of a shipped one."""
    path = Path(source)
    if isinstance(source, str) and not path.exists():
        return shipped().get(source, path)
    return path

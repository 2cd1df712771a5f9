"""Writes docs/settings.md and docs/zh/settings.md from the settings model: `python docs/make_settings.py`.

A test holds the pages to the model.
"""

from __future__ import annotations

import inspect
import types
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from qa_speech.settings import Settings
from qa_speech.wording.translate import setting_text

FOLDER = Path(__file__).parent
FILES: dict[Literal["en", "zh"], Path] = {"en": FOLDER / "settings.md", "zh": FOLDER / "zh" / "settings.md"}
HEADS = {
    "en": """# Settings

Written by `python docs/make_settings.py` from the settings model. A TOML file, by custom `qa_speech.toml`, given as
`--config qa_speech.toml`; `load_settings(path)` reads it in Python. Option > file > the model's own settings > default. Unknown
keys are refused with the nearest one that exists, and all problems are told at once. What good service means stands in the
[scorecard](scorecards.md), never here. `[monthly report]` has files of its own: [service.md](service.md).
""",
    "zh": """# 设置

由 `python docs/make_settings.py` 根据设置的定义写成。设置是一个 TOML 文件，惯例叫 `qa_speech.toml`，用 `--config qa_speech.toml`
指定；Python 里用 `load_settings(path)` 读取。优先次序：命令行选项 > 文件 > 模型自带的设置 > 默认值。写错的键会被拒绝，并提示最接近
的键；有几处错误就一次列出几处。什么是好的服务写在评分表里，不写在这里。月度报告另有自己的规则文件。
""",
}
COLUMNS = {"en": "| key | value | default | meaning |", "zh": "| 键 | 值 | 默认 | 含义 |"}
TOP = {"en": "At the top of the file, before the first table", "zh": "写在文件开头，第一个表之前"}
KINDS = {
    str: ("text", "文字"), int: ("whole number", "整数"), float: ("number", "数"), bool: ("true or false", "true 或 false"),
    Path: ("path", "路径"), dict: ("table", "表"), list: ("list", "列表"),
}  # fmt: skip


def _parts(annotation: object) -> list[Any]:
    """The kinds of a union, but None."""
    if get_origin(annotation) in (Union, types.UnionType):
        found: list[Any] = []
        for part in get_args(annotation):
            found += _parts(part)
        return found
    return [] if annotation is type(None) else [annotation]


def _model(annotation: object) -> type[BaseModel] | None:
    """The model of a table or of a list of tables."""
    for part in _parts(annotation):
        inner = get_args(part)[0] if get_origin(part) is list else part
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            return inner
    return None


def _kind(field: FieldInfo, lang: Literal["en", "zh"]) -> str:
    """What may stand there: kinds or words, and between which bounds."""
    told = []
    for part in _parts(field.annotation):
        origin = get_origin(part) or part
        if origin is Literal:
            told += [f"`{word}`" for word in get_args(part)]
        else:
            told.append(KINDS[origin][lang == "zh"])
    bounds = [_bound(rule) for rule in field.metadata]
    words = (" or ", " 或 ")[lang == "zh"].join(dict.fromkeys(told))
    return ", ".join([words, *[bound for bound in bounds if bound]])


def _bound(rule: object) -> str:
    signs = {Ge: ("≥", "ge"), Gt: (">", "gt"), Le: ("≤", "le"), Lt: ("<", "lt")}
    for kind, (sign, name) in signs.items():
        if isinstance(rule, kind):
            return f"{sign} {getattr(rule, name):g}"
    return ""


def _default(field: FieldInfo, lang: Literal["en", "zh"]) -> str:
    if field.is_required():
        return ("required", "必填")[lang == "zh"]
    if field.default in (None, "", {}, []):
        return "–"
    value = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
    return f"`{value}`"


def _table(model: type[BaseModel], lang: Literal["en", "zh"]) -> str:
    rows = [COLUMNS[lang], "|---|---|---|---|"]
    for name, field in model.model_fields.items():
        if _model(field.annotation) is None:
            meaning = setting_text(field.description or "", lang)
            rows.append(f"| `{name}` | {_kind(field, lang)} | {_default(field, lang)} | {meaning} |")
    return "\n".join(rows)


def page(lang: Literal["en", "zh"]) -> str:
    """The text of a page."""
    parts = [HEADS[lang], f"## {TOP[lang]}\n\n{_table(Settings, lang)}\n"]
    for name, field in Settings.model_fields.items():
        model = _model(field.annotation)
        if model is None:
            continue
        head = f"[[{name}]]" if any(get_origin(part) is list for part in _parts(field.annotation)) else f"[{name}]"
        paragraphs = [
            setting_text(" ".join(text.split()), lang) for text in inspect.cleandoc(model.__doc__ or "").split("\n\n")
        ]
        told = "\n\n".join(paragraphs)
        parts.append(f"## `{head}`\n\n{told}\n\n{_table(model, lang)}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    for lang, file in FILES.items():
        file.parent.mkdir(exist_ok=True)
        file.write_text(page(lang), encoding="utf-8")

"""Writes the tables of components at the end of docs/metrics.md, and of docs/zh/metrics.md all but what people wrote below the
mark of each chapter: `python docs/make_metrics.py`.

A test holds them to the code.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from qa_speech.metrics import BUILTIN, Metric
from qa_speech.wording.catalogue import REASONS
from qa_speech.wording.translate import metric_text
from qa_speech.wording.units import UNITS

FOLDER = Path(__file__).parent
PAGE = FOLDER / "metrics.md"
CHINESE = FOLDER / "zh" / "metrics.md"
START = "## All components\n"
HEAD = """
Written by `python docs/make_metrics.py` from what each metric declares. No unit: a ratio, a rank, or yes and no as 1 and 0.
`count` is written 次, `st` semitones. Names stand in pages and sentences; columns of results are called as in the first column.
"""
CHINESE_HEAD = """# 量了什么，怎样量

每个数值一个定义：时间上怎么画、单位、参数及默认值、细项。`qa-speech metrics list` 列出全部指标，`qa-speech metrics show 名称`
显示其中一个。表格由 `python docs/make_metrics.py` 根据各指标的声明写成。

时间都是从第一个采样点算起的秒数，区间左闭右开。图里的 `=` 是说话。评分表里写指标名（取它的值）或“名称.细项”，如
`silence.longest_s`；按角色的指标写 `params: {role: agent}`。

**服务忌语**是评分表或自带清单上写明不许说的话；**用语不当**是清单之外的五类：辱骂、命令、反问、推诿、不耐烦。
"""
CARRIED = """
## 每个数值都带什么

* **数值**，或没有数值的**原因**：不编造 0。
* **细项**：它由哪些次数和合计得来，各有单位和中英文名称（[全部细项](#全部细项)）。团队和月度数字先把细项相加，
  再除一次，从不对比率求平均。
  无从得知的细项空着，其余照给。
* **证据**：每一处的角色、起止时间和说明，可以点开来听。
* **可靠性**：`ok`，或 `low` 并附最重的原因。
"""
GROUND, OWN, ALL = "基础：语音、句、轮次", "自己写一个指标", "全部细项"
ALL_HEAD = f"""
## {ALL}

没有单位的是比值、名次，或以 1 和 0 表示的是与否。名称用在网页和句子里；结果的各列按第一列的写法命名。
"""
MARK = "<!-- 以下由人写 -->\n"
"""What stands below it in a chapter of the Chinese page is kept."""
CODES = {"reason for no value": "没有数值的原因", "reason for low reliability": "可靠性低的原因"}
"""Tables of docs/metrics.md whose codes are told in Chinese too: by the head of their first column."""
MOST_SHOWN = 4
"""Entries of a list of phrases that are shown."""


def tables() -> str:
    """The last chapter of docs/metrics.md."""
    parts = [START, HEAD]
    for line in BUILTIN:
        parts.append(f"\n| {line.name} | unit | {line.zh} | {line.en} |\n|---|---|---|---|\n")
        for name in line.names:
            one = line.component(name)
            parts.append(f"| `{line.name}.{name}` | {one.unit} | {one.zh} | {one.en} |\n")
    return "".join(parts)


def page() -> str:
    """The text of docs/metrics.md: what people wrote, and the tables behind it."""
    written = PAGE.read_text(encoding="utf-8").partition(START)[0].rstrip("\n")
    return f"{written}\n\n{tables()}"


def chinese_page() -> str:
    """The text of docs/zh/metrics.md: what the metrics say, and what people wrote in its chapters."""
    kept = _kept()
    parts = [CHINESE_HEAD, "\n| 指标 | 名称 | 单位 | 需要 |\n|---|---|---|---|\n"]
    for line in BUILTIN:
        parts.append(f"| [`{line.name}`](#{line.name}) | {line.zh} | {_unit(line.unit)} | {_needs(line)} |\n")
    codes = "".join([_codes(head) for head in CODES])
    parts.append(_with(f"{CARRIED}{codes}", kept.get("每个数值都带什么", "")))
    parts.append(_with(f"\n## {GROUND}\n", kept.get(GROUND, "")))
    parts += [_with(_chapter(line), kept.get(line.name, "")) for line in BUILTIN]
    parts.append(_with(f"\n## {OWN}\n", kept.get(OWN, "")))
    parts.append(ALL_HEAD)
    parts += [_components(line) for line in BUILTIN]
    return "".join(parts)


def _kept() -> dict[str, str]:
    """What people wrote in the chapters of the Chinese page, by their heads."""
    found = {}
    for chapter in re.split(r"^## ", CHINESE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        head, _, text = chapter.partition("\n")
        found[head] = text.partition(MARK)[2].strip("\n")
    return found


def _with(made: str, written: str) -> str:
    """A chapter with what people wrote in it."""
    if not written:
        return made
    return f"{made}\n{MARK}\n{written}\n"


def _codes(head: str) -> str:
    """A table of codes: those that docs/metrics.md lists under this head, in the words of pages and sentences."""
    _, _, below = PAGE.read_text(encoding="utf-8").partition(f"| {head} |")
    rows = [f"\n| {CODES[head]} | 意思 |\n|---|---|\n"]
    for code in re.findall(r"^\| `(\w+)`", below.partition("\n\n")[0], re.MULTILINE):
        rows.append(f"| `{code}` | {REASONS[code][0]} |\n")
    return "".join(rows)


def _chapter(line: Metric) -> str:
    """One metric: what it is, and its parameters."""
    parts = [f"\n## {line.name}\n\n{line.zh}：{metric_text(line.name, 'zh')}\n"]
    parts.append(metric_text(f"{line.name}:definition", "zh") + "\n")
    if line.params:
        parts.append("\n| 参数 | 默认 | 含义 |\n|---|---|---|\n")
    for param in line.params.values():
        meaning = metric_text(f"{line.name}({param.name})", "zh")
        parts.append(f"| `{param.name}` | {_default(param.default)} | {meaning} |\n")
    return "".join(parts)


def _components(line: Metric) -> str:
    """The components of one metric."""
    parts = [f"\n| {line.name} | 单位 | {line.zh} |\n|---|---|---|\n"]
    for name in line.names:
        one = line.component(name)
        parts.append(f"| `{line.name}.{name}` | {_unit(one.unit)} | {one.zh} |\n")
    return "".join(parts)


def _unit(unit: str) -> str:
    return UNITS.get(unit, (unit, unit))[0]


def _needs(line: Metric) -> str:
    return "、".join([metric_text(f"needs:{need}", "zh") for need in line.needs]) or "录音"


def _default(value: object) -> str:
    if value is inspect.Parameter.empty:
        return "必填"
    if isinstance(value, tuple):
        return "、".join(map(str, value[:MOST_SHOWN])) + f" 等 {len(value)} 个" * (len(value) > MOST_SHOWN) or "无"
    return "无" if value is None else f"`{value}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    CHINESE.parent.mkdir(exist_ok=True)
    CHINESE.write_text(chinese_page(), encoding="utf-8")

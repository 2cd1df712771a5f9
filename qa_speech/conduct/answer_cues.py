"""What an answer is made of, counted: what the depth model looks at beside n-grams.

Character n-grams know words; these counts know structure (how much is left beside courtesy, how many figures, time
limits, conditions) and how question and answer hang together, which carries over to domains nobody trained on. Beside them
stands what the rules (`levels`) make of the pair, and what a model of clauses (`clauses`) sees in the pieces of the answer.

Names and order of the columns, and what is counted in them, are what stored models were trained on: they stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import log1p

import numpy as np

from qa_speech.conduct.clauses import CLAUSES, surest_roles
from qa_speech.conduct.heads import Floats
from qa_speech.conduct.kinds import ANSWERED_BY, ASK_KINDS, GUIDANCE, LEVELS, PART_KINDS, SUBSTANCE
from qa_speech.conduct.levels import Grade, grade_answers
from qa_speech.conduct.linear import LinearScorer
from qa_speech.conduct.passages import Passage

_N = "[0-9零一二两三四五六七八九十百千万半几]"
_TIME_UNIT = "个?(?:工作日|小时|分钟|秒|天|月|年|周|号|点)"
_POLITE = "您好|好的|嗯+|亲+|理解|抱歉|不好意思|对不起|稍等|稍候|感谢|谢谢|耐心|等待|心情|不便|谅解|支持|反馈|反映"
_HEARD = "记录|登记|了解|明白|收到|知道了|重视|着急|别急|麻烦您|辛苦|祝您|愉快|尽快|核实|查询|请您|帮您|给您|看一下"
_UNKNOWN = "不清楚|不知道|不晓得|不了解|不归|不负责|不管|管不[了着]|没办法|没有办法|不是我们|无关|没关系|没用|帮不了"
_ELSEWHERE = "做不了主|说不准|不好说|自己|找.{0,6}[吧去]|问.{0,8}[吧去]|规定就是|就是这样"
_OPENING = "您好|好的|是的|亲|嗯|对|先生|女士|不好意思"
_VERDICT = "可以|不可以|不行|能|不能|有|没有|要|不要|不用|会|不会|是|不是|行"
PATTERNS: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in {
        "number": rf"{_N}+(?:点{_N}+)?",
        "money": rf"{_N}+(?:块|元|毛|分钱|折)|百分之{_N}+|千分之{_N}+|\d%",
        "time_limit": rf"{_N}+{_TIME_UNIT}|[今明后]天|下周|下个?月|月底|当天|当场|立即|马上生效",
        "reason": "因为|由于|所以|原因|导致|是.{0,8}的问题|多半是|主要是|造成|才会",
        "steps": "先|再|然后|接着|之后|点击|点开|选择?|填|登录|发送|输入|打开|进入|带上|提供|拨打|重启|关掉|申请|上传|下载",
        "condition": "如果|的话|要是|只要|除非|超过|以内|以上|以下|之前|满了?|没有.{0,10}就|才能|才可以|不然",
        "option": "或者|也可以|还可以|要么|两种|两个|另一|第一|第二|以及|换成|不然就",
        "next_step": "回电|联系您|给您打|短信|通知|跟进|到时候|接下来|下一步|留意|查收|找我|打给我|打过来|告诉我",
        "advice": "建议|最好|记得|注意|提醒|尽量|避免|以后|免得|小心|推荐",
        "check": "您看|明白吗|清楚吗|可以吗|好吗|行吗|要不要|需要我|方便吗|还有.{0,12}吗|哪一?[种个步]|是吗$|呢$",
        "courtesy": f"{_POLITE}|{_HEARD}",
        "refusal": f"{_UNKNOWN}|{_ELSEWHERE}",
        "yes_no": f"^(?:{_OPENING})*(?:{_VERDICT})",
        "clause": "[，。；！？,.;!?]",
        "you": "您",
        "question": "吗|呢|什么|哪|几点|是不是|[?？]",
    }.items()
}
"""Words that are counted, by the name of their column."""

_STOP = re.compile(
    "[的了吗呢吧啊哦呀嗯我你您他它这那是有在就都也和跟给把被个一下怎么什么为多少能不能可以请问好]|[^\\w]"
)
COUNTED = (
    "characters", "question_characters", "rest", "rest_share", "shared", "shared_share", "courtesy_share", "empty",
    *PATTERNS,
)  # fmt: skip
GRADED = (
    "rule_score", *(f"rule_level{level}" for level in LEVELS), "kinds", "kinds_of_substance", "kinds_of_guidance",
    *(f"part_{kind}" for kind in PART_KINDS), *(f"asks_{kind}" for kind in ASK_KINDS),
    "fits", "relevance", "deflected", "taken_on", "open",
)  # fmt: skip
NAMES = (*COUNTED, *GRADED)
"""The columns that need no model: what is counted, and what the rules say."""


@dataclass(frozen=True)
class AnswerCues:
    """Some cues of answers, by name: of `NAMES` and, where there is a model of `clauses`, of `clauses.CLAUSES`."""

    names: tuple[str, ...] = NAMES
    clauses: LinearScorer | None = None

    def count(self, passages: Sequence[Passage]) -> Floats:
        """Shape (passages, names): logarithms of counts, shares 0–1, marks 0 or 1, log-odds of clauses.

        >>> AnswerCues(("part_number", "rule_level2")).count([Passage("三十九元", "月租多少钱")]).tolist()
        [[1.0, 1.0]]
        """
        texts = [passage.text for passage in passages]
        columns = list(COUNTED)
        blocks = [_array([_counted(passage.text, passage.context) for passage in passages], len(COUNTED))]
        if not set(self.names).isdisjoint(GRADED):
            columns += GRADED
            grades = grade_answers([passage.context for passage in passages], texts)
            blocks.append(_array([_graded(grade) for grade in grades], len(GRADED)))
        if self.clauses is not None:
            columns += CLAUSES
            blocks.append(surest_roles(self.clauses, texts))
        return np.concatenate(blocks, axis=1)[:, [columns.index(name) for name in self.names]]


def known_cues(clauses: LinearScorer | None) -> tuple[str, ...]:
    """The names of all cues that can be counted, with or without a model of clauses."""
    return NAMES if clauses is None else (*NAMES, *CLAUSES)


def _array(rows: Sequence[tuple[float, ...]], width: int) -> Floats:
    return np.array(rows, np.float32).reshape(len(rows), width)


def _graded(grade: Grade) -> tuple[float, ...]:
    kinds = {part.kind for part in grade.parts}
    asked = {question.kind for question in grade.questions}
    return (
        grade.score / 25,
        *[float(grade.level == level) for level in LEVELS],
        len(kinds),
        len(kinds & SUBSTANCE),
        len(kinds & GUIDANCE),
        *[float(kind in kinds) for kind in PART_KINDS],
        *[float(kind in asked) for kind in ASK_KINDS],
        _fit(grade),
        (grade.relevance or 0.0) / 100,
        float(grade.deflected),
        float(grade.taken_on),
        len(grade.open),
    )


def _fit(grade: Grade) -> float:
    """Share of the questions, 0–1, that have a part of their kind; a question that needs none counts half."""
    kinds = {part.kind for part in grade.parts}
    fits: list[float] = []
    for question in grade.questions:
        need = ANSWERED_BY[question.kind]
        fits.append(float(bool(need & kinds)) if need else 0.5)
    return sum(fits) / len(fits) if fits else 0.5


@lru_cache(maxsize=4096)
def _counted(text: str, question: str) -> tuple[float, ...]:
    counts = {name: pattern.findall(text) for name, pattern in PATTERNS.items()}
    size = _letters(text)
    rest = _letters(PATTERNS["refusal"].sub("", PATTERNS["courtesy"].sub("", text)))
    courtesy = sum([len(words) for words in counts["courtesy"]])
    asked, said = _pairs(question), _pairs(text)
    shared = len(asked & said)
    return (
        log1p(size),
        log1p(len(question)),
        log1p(rest),
        rest / max(1, size),
        log1p(shared),
        shared / max(1, len(asked)),
        courtesy / max(1, size),
        float(size == 0),
        *[log1p(len(found)) for found in counts.values()],
    )


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))


def _pairs(text: str) -> set[str]:
    bare = _STOP.sub(" ", text)
    return {first + second for first, second in pairwise(bare) if first != " " and second != " "}

"""What an answer is made of, counted: the dense half of the depth model.

Character n-grams know words; these counts know structure (how much is left beside courtesy, how many figures, time
limits, conditions) and how question and answer hang together, which carries over to domains nobody trained on. Beside them
stands what the rules of `language.answers` make of the pair, and what a model of clauses (`text_clauses`) sees in the pieces of
the answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from math import log1p
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from qa_speech.conduct.answers import ANSWERED_BY, Judged, judge_texts
from qa_speech.conduct.clauses import CLAUSES, measured
from qa_speech.conduct.substance import ASK_KINDS, GUIDANCE, PART_KINDS, SUBSTANCE
from qa_speech.engines.base import TextItem

if TYPE_CHECKING:
    from qa_speech.conduct.linear import LinearScorer

_N = "[0-9零一二两三四五六七八九十百千万半几]"
PATTERNS: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in {
        "number": rf"{_N}+(?:点{_N}+)?",
        "money": rf"{_N}+(?:块|元|毛|分钱|折)|百分之{_N}+|千分之{_N}+|\d%",
        "time_limit": rf"{_N}+个?(?:工作日|小时|分钟|秒|天|月|年|周|号|点)|[今明后]天|下周|下个?月|月底|当天|当场|立即|马上生效",
        "reason": "因为|由于|所以|原因|导致|是.{0,8}的问题|多半是|主要是|造成|才会",
        "steps": "先|再|然后|接着|之后|点击|点开|选择?|填|登录|发送|输入|打开|进入|带上|提供|拨打|重启|关掉|申请|上传|下载",
        "condition": "如果|的话|要是|只要|除非|超过|以内|以上|以下|之前|满了?|没有.{0,10}就|才能|才可以|不然",
        "option": "或者|也可以|还可以|要么|两种|两个|另一|第一|第二|以及|换成|不然就",
        "next_step": "回电|联系您|给您打|短信|通知|跟进|到时候|接下来|下一步|留意|查收|找我|打给我|打过来|告诉我",
        "advice": "建议|最好|记得|注意|提醒|尽量|避免|以后|免得|小心|推荐",
        "check": "您看|明白吗|清楚吗|可以吗|好吗|行吗|要不要|需要我|方便吗|还有.{0,12}吗|哪一?[种个步]|是吗$|呢$",
        "courtesy": "您好|好的|嗯+|亲+|理解|抱歉|不好意思|对不起|稍等|稍候|感谢|谢谢|耐心|等待|心情|不便|谅解|支持|反馈|反映|"
        "记录|登记|了解|明白|收到|知道了|重视|着急|别急|麻烦您|辛苦|祝您|愉快|尽快|核实|查询|请您|帮您|给您|看一下",
        "refusal": "不清楚|不知道|不晓得|不了解|不归|不负责|不管|管不[了着]|没办法|没有办法|不是我们|无关|没关系|没用|帮不了|"
        "做不了主|说不准|不好说|自己|找.{0,6}[吧去]|问.{0,8}[吧去]|规定就是|就是这样",
        "yes_no": "^(?:您好|好的|是的|亲|嗯|对|先生|女士|不好意思)*"
        "(?:可以|不可以|不行|能|不能|有|没有|要|不要|不用|会|不会|是|不是|行)",
        "clause": "[，。；！？,.;!?]",
        "you": "您",
        "question": "吗|呢|什么|哪|几点|是不是|[?？]",
    }.items()
}
_STOP = re.compile(
    "[的了吗呢吧啊哦呀嗯我你您他它这那是有在就都也和跟给把被个一下怎么什么为多少能不能可以请问好]|[^\\w]"
)
COUNTED = (
    "characters", "question_characters", "rest", "rest_share", "shared", "shared_share", "courtesy_share", "empty",
    *PATTERNS,
)  # fmt: skip
JUDGED = (
    "rule_score", *(f"rule_level{level}" for level in range(5)), "kinds", "kinds_of_substance", "kinds_of_guidance",
    *(f"part_{kind}" for kind in PART_KINDS), *(f"asks_{kind}" for kind in ASK_KINDS),
    "fits", "relevance", "deflected", "taken_on", "open",
)  # fmt: skip
NAMES = (*COUNTED, *JUDGED)
"""The columns of `cues` that need no model: what is counted, and what the rules say."""


def cues(
    items: Sequence[TextItem], names: Sequence[str] = NAMES, clauses: LinearScorer | None = None
) -> npt.NDArray[np.float32]:
    """Cues of each answer, shape (items, names): logarithms of counts, shares 0…1, marks 0 or 1, log-odds of clauses.

    `names` are some of `NAMES` and, where there is a model of clauses, of `text_clauses.CLAUSES`.
    """
    texts = [item.text for item in items]
    known, blocks = [*COUNTED], [_array([_counted(item.text, item.context) for item in items], len(COUNTED))]
    if not set(names).isdisjoint(JUDGED):
        known += JUDGED
        judged = judge_texts([item.context for item in items], texts)
        blocks.append(_array([_judged(one) for one in judged], len(JUDGED)))
    if clauses is not None:
        known += CLAUSES
        blocks.append(measured(clauses, texts))
    return np.concatenate(blocks, axis=1)[:, [known.index(name) for name in names]]


def _array(rows: Sequence[tuple[float, ...]], width: int) -> npt.NDArray[np.float32]:
    return np.array(rows, np.float32).reshape(len(rows), width)


def _judged(one: Judged) -> tuple[float, ...]:
    kinds, asked = {part.kind for part in one.parts}, {question.kind for question in one.questions}
    needs = [ANSWERED_BY[question.kind] for question in one.questions]
    fits = [float(bool(need & kinds)) if need else 0.5 for need in needs] or [0.5]
    return (
        one.score / 25,
        *(float(one.level == level) for level in range(5)),
        len(kinds),
        len(kinds & SUBSTANCE),
        len(kinds & GUIDANCE),
        *(float(kind in kinds) for kind in PART_KINDS),
        *(float(kind in asked) for kind in ASK_KINDS),
        sum(fits) / len(fits),
        (one.relevance or 0.0) / 100,
        float(one.deflected),
        float(one.taken_on),
        len(one.open),
    )


@lru_cache(maxsize=4096)
def _counted(text: str, question: str) -> tuple[float, ...]:
    counts = {name: pattern.findall(text) for name, pattern in PATTERNS.items()}
    size = sum(map(str.isalnum, text))
    empty_words = PATTERNS["refusal"].sub("", PATTERNS["courtesy"].sub("", text))
    rest = sum(map(str.isalnum, empty_words))
    asked, said = _pairs(question), _pairs(text)
    shared = len(asked & said)
    courtesy = sum(map(len, counts["courtesy"]))
    return (
        log1p(size),
        log1p(len(question)),
        log1p(rest),
        rest / max(1, size),
        log1p(shared),
        shared / max(1, len(asked)),
        courtesy / max(1, size),
        float(size == 0),
        *(log1p(len(found)) for found in counts.values()),
    )


def _pairs(text: str) -> set[str]:
    bare = _STOP.sub(" ", text)
    return {a + b for a, b in pairwise(bare) if a != " " and b != " "}

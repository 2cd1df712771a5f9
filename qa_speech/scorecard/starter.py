"""A new scorecard to begin with: short, commented, valid, with examples that pass."""

from __future__ import annotations

import re
import unicodedata

from qa_speech.errors import ConfigError, problem

_TEXT = """\
# {title}
# 校验：qa-speech scorecard check 本文件        试跑例子：qa-speech scorecard test 本文件
# 语法与全部写法：qa-speech docs scorecards
id: {id}
version: 1                       # 每次正式改动加一，旧版留档
title: {title}
effective: {{from: 2026-01-01}}    # 按通话日期选用版本
eligible: {{min_duration_s: 20, both_spoke: true}}
pass_mark: 80
min_coverage: 0.6
bands:
  - {{from: 90, name: 优秀}}
  - {{from: 80, name: 合格}}
  - {{from: 0, name: 不合格}}

sections:
  - id: opening
    title: 开头语
    weight: 40
    criteria:
      - id: greeting
        title: 15 秒内问候
        points: 10
        check:
          phrase: {{any: [您好, 早上好, 下午好], role: agent, first_s: 15}}

  - id: handling
    title: 受理
    weight: 60
    criteria:
      - id: dead-air
        title: 坐席无应答静音
        points: 10
        check: {{metric: silence.longest_s, params: {{owner: agent, announced: "no"}}}}
        bands: [{{below: 3, points: 10}}, {{below: 6, points: 5}}, {{points: 0}}]
      - id: taboo
        title: 服务忌语
        fatal: {{cap: 60}}           # form 整表为零 / section 本节为零 / cap 封顶
        comment_required: true
        check:
          phrase: {{none: [随便你, 你急什么], role: agent}}

tests:
  - name: 规范
    dialogue:
      - "agent: 您好，请讲"
      - "customer: 我想查话费"
      - "agent: 好的，马上为您查"
    expect: {{greeting: pass, dead-air: pass, taboo: pass}}
  - name: 不规范
    dialogue:
      - "agent@0-1: 讲"
      - "customer@2-5: 我的话费怎么多了"
      - "agent@13-15: 你急什么"
    expect: {{greeting: fail, dead-air: fail, taboo: fail}}
"""


_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_NO_ID = re.compile(r"[^a-z0-9_.]+")


def id_of(name: str) -> str:
    """An id for a scorecard of this name: the name itself if it can be one, else its letters, Chinese ones by their sound.

    Raises
    ------
    ConfigError
        No letter or digit is in it.

    Examples
    --------
    >>> id_of("my-card"), id_of("我的评分表"), id_of("Hotline 2026（试行）")
    ('my-card', 'wo-de-ping-fen-biao', 'hotline-2026-shi-xing')
    """
    if _ID.fullmatch(name):
        return name
    from pypinyin import lazy_pinyin

    spelled = "-".join(lazy_pinyin(unicodedata.normalize("NFKC", name))).lower()
    found = _NO_ID.sub("-", spelled).strip("-._")[:64].rstrip("-._")
    if not found:
        raise ConfigError(name, [problem("no letter or digit to make an id of; give one with --id")])
    return found


def new_scorecard(name: str, *, title: str = "质检评分表") -> str:
    """The YAML of a small scorecard that passes `check`, `lint` and `test`.

    Raises
    ------
    ConfigError
        `name` cannot be the id of a scorecard.

    Examples
    --------
    >>> new_scorecard("my-card", title="我的评分表").splitlines()[3]
    'id: my-card'
    """
    if _ID.fullmatch(name) is None:
        raise ConfigError(name, [problem("not an id: lower-case letters, digits, '-', '_' or '.', up to 64")])
    if re.search(r"[\n:#'\"\[\]{}&*!|>%@`]", title) or not title.strip():
        raise ConfigError("title", [problem("use plain words without YAML signs, got {title!r}", title=title)])
    return _TEXT.format(id=name, title=title.strip())

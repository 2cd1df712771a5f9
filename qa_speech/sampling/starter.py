"""A new plan to begin with: short, commented in Chinese, valid as it is."""

from __future__ import annotations

import datetime as dt

_TEXT = """\
# 抽样计划。写法与可用的名称：qa-speech docs sampling；用法：
#   qa-speech sample draw 批次 --plan 本文件 --out 样本
#   qa-speech sample verify 样本 批次

seed = {seed}                  # 随机种子：同一计划、同一批通话，永远抽出同一份名单。下个周期换一个
per = ["agent"]                  # 按什么分组：agent、team、queue、hour、day、week、month 或任何资料列；[] = 全部一组
number = 4                       # 每组抽几通；也可改写 share = 5（占本组 %，向上取整），并可加 minimum = 2（至少几通）
spread = true                    # 在周期内均匀分布；false = 完全随机
again = false                    # true = 已质检过的也可再抽
where = [                        # 哪些通话可以抽，各条都要满足
  "duration_s >= 30",            # 时长（秒）
# "queue in 宽带, 资费",          # 队列
# "day >= 2026-11-01",           # 周期：从这天
# "day <= 2026-11-30",           # 到这天（当天算在内）
# "total is missing",            # 没有总分的
]

# 层：每组里先按各层的数量抽，余下的数量从其余通话里抽。各层之和要小于每组数量，否则其余通话没有机会抽中
# [[strata]]
# name = "投诉"
# where = ["queue = 投诉"]
# number = 1                     # 或 share = 20（占本层 %），可加 minimum

# 风险：更值得听的更容易抽到，但谁都有机会；概率记在 sample.json，估计时据此还原，不会偏
[risk]
floor = 0.3                      # 最小概率，占平均概率的比例（0–1）
[[risk.terms]]
name = "不合格"
where = ["passed = 0"]
weight = 3                       # 大小 = 1 + 满足的各条 weight 之和；概率与大小成正比
[[risk.terms]]
name = "触犯一票否决"
where = ["fatal = 1"]
weight = 4
[[risk.terms]]
name = "等待复核"
where = ["to_review >= 1"]
weight = 2
[[risk.terms]]
name = "长静音"
where = ["silence_longest_s >= 15"]
weight = 1

# 质检员：不会分到本组（team）的通话；share = 分担比例，most = 最多几通
# [[inspectors]]
# name = "质检一"
# team = "A 组"
# share = 1
# [[inspectors]]
# name = "质检二"
# team = "B 组"
# share = 1
# most = 40
"""


def new_plan(today: dt.date) -> str:
    """The text of a plan; the day is its seed.

    >>> from qa_speech.sampling.plan import plan_from
    >>> plan_from(new_plan(dt.date(2026, 11, 30))).seed
    20261130
    """
    return _TEXT.format(seed=f"{today:%Y%m%d}")

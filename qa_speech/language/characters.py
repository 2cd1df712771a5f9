"""Traditional characters → simplified ones.

The general table of OpenCC leaves 著 as it is, which simplified texts write 着 but in 著名, 著作 and the like; the table for
Taiwan tells these apart, so it is used where 著 occurs (`_STAYS`: and where it stays although that table would change it).
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

_ZHU = "著"
_STAYS = re.compile("土著|原著|名著|巨著|论著|译著|编著|合著|专著|显著|昭著|卓著|著称|著述|著录|著者")


def to_simplified(text: str) -> str:
    """A text in simplified characters; one in simplified characters comes back as it is.

    >>> to_simplified("請您拿著手機等著"), to_simplified("這是著名的著作"), to_simplified("乾坤乾淨")
    ('请您拿着手机等着', '这是著名的著作', '乾坤干净')
    """
    if text.isascii():
        return text
    if _ZHU not in text:
        return str(_converter("t2s").convert(text))
    general = str(_converter("t2s").convert(text))
    told = str(_converter("tw2s").convert(text))
    if len(told) != len(general):
        return told
    kept = list(told)
    for match in _STAYS.finditer(general):
        kept[match.start() : match.end()] = match.group()
    return "".join(kept)


@cache
def _converter(table: str) -> Any:
    import opencc

    return opencc.OpenCC(table)

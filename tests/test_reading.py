"""How text is read aloud, in syllables."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.language.reading import cardinal, decimal, digits, latin_syllables, read_aloud, syllables

DATA = Path(os.environ.get("QA_SPEECH_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
CASES = DATA / "text_normalisation_zh"


@pytest.mark.parametrize(("written", "spoken"), [
    ("您的工号是8868吗", "您的工号是八八六八吗"),
    ("请拨打10086", "请拨打一零零八六"),
    ("1001号为您服务", "一零零一号为您服务"),
    ("3号之前", "三号之前"),
    ("尾号后四位3385", "尾号后四位三三八五"),
    ("手机13800138000", "手机一三八零零一三八零零零"),
    ("138 0013 8000", "一三八零零一三八零零零"),
    ("0571-88888888", "零五七一八八八八八八八八"),
    ("400-810-1000", "四零零八一零一零零零"),
    ("33010619900101123X", "三三零一零六一九九零零一零一一二三X"),
    ("我打了3次10010", "我打了三次一零零一零"),
    ("110", "一一零"),
    ("110元", "一百一十元"),
    ("20000元", "二万元"),
    ("20000", "二万"),
    ("58392", "五八三九二"),
    ("58392元", "五万八千三百九十二元"),
    ("余额0.05元", "余额零点零五元"),
    ("欠费-25.6元", "欠费负二十五点六元"),
    ("¥1,234.5", "一千二百三十四点五元"),
    ("$5~8", "五到八美元"),
    ("98.5%", "百分之九十八点五"),
    ("30%-50%", "百分之三十到五十"),
    ("100%", "百分之百"),
    ("2023年5月1日", "二零二三年五月一日"),
    ("2024-01-31", "二零二四年一月三十一日"),
    ("99年3月", "九九年三月"),
    ("20年后", "二十年后"),
    ("14:30", "十四点三十分"),
    ("9:05", "九点零五分"),
    ("10:00-12:00", "十点到十二点"),
    ("8:30 am", "上午八点三十分"),
    ("3-5个工作日", "三到五个工作日"),
    ("1/3", "三分之一"),
    ("100M宽带", "一百兆宽带"),
    ("30GB流量", "三十GB流量"),
    ("5G套餐", "五G套餐"),
    ("iPhone15", "iPhone十五"),
    ("密码abc12345", "密码abc一二三四五"),
    ("127.0.0.1", "一二七点零点零点一"),
    ("按#号键", "按井号键"),
    ("1亿2300人", "一亿零二千三百人"),
    ("１００元", "一百元"),
    ("没有数字", "没有数字"),
])  # fmt: skip
def test_numbers_are_read_in_their_context(written, spoken):
    assert read_aloud(written) == spoken


@pytest.mark.parametrize(("text", "count"), [
    ("", 0), ("，。！", 0), ("您 好", 2), ("10010", 5), ("98.5%", 8), ("VIP", 3), ("W", 3), ("WiFi", 2), ("办个5G套餐", 6),
    ("二〇二三年", 5), ("𠮷", 1),
])  # fmt: skip
def test_syllables(text, count):
    assert syllables(text) == count


@pytest.mark.parametrize(("word", "count"), [
    ("code", 1), ("table", 2), ("roaming", 2), ("ended", 2), ("used", 1), ("boxes", 2), ("names", 1), ("IPTV", 4), ("hmm", 3),
])  # fmt: skip
def test_latin_words_by_vowels_and_capitals_by_name(word, count):
    assert latin_syllables(word) == count


def test_a_recogniser_that_loops_on_digits_is_answered():
    assert syllables("9" * 20_000 + "元") == 20_001


_VALUES = {char: place for place, char in enumerate("零一二三四五六七八九")}
_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}


def value(spoken: str) -> int:
    """A quantity in Chinese back to its number."""
    for name in ("亿", "万", "千", "百", "十"):
        if name in spoken:
            high, _, low = spoken.rpartition(name) if name in "亿万" else spoken.partition(name)
            return (value(high) if high.strip("零") else 1) * _SCALES[name] + (value(low) if low else 0)
    return sum(_VALUES[char] for char in spoken)


@given(st.integers(0, 10**12 - 1))
def test_a_quantity_can_be_read_back(number):
    assert value(cardinal(str(number))) == number


@given(st.text(alphabet="您好0123456789.,:-/%¥元号年月日GBab *#@+=~", max_size=30))
def test_any_text_has_an_answer_and_no_digit_is_left(text):
    assert syllables(text) >= sum(char in "您好元号年月日" for char in text)
    assert not any(char.isdecimal() for char in read_aloud(text))


@given(st.text(alphabet="您好请问我的话费，。 ", max_size=20))
def test_han_text_has_one_syllable_per_character(text):
    assert syllables(text) == sum("\u4e00" <= char <= "\u9fff" for char in text)


WITHOUT_DIGITS = st.text(alphabet="您好元号年月日万点百分之，。？ ", max_size=12)


@given(WITHOUT_DIGITS, WITHOUT_DIGITS)
def test_texts_without_digits_have_their_syllables_added_up(first, second):
    """With digits they need not: 110 alone is read digit by digit, and so is what follows 尾号."""
    assert syllables(first + second) == syllables(first) + syllables(second)


@given(st.text(alphabet="0123456789", max_size=24))
def test_digit_by_digit_has_a_syllable_for_each(number):
    assert syllables(digits(number)) == len(number)


# ------------------------------------------------------------------------------------------- external cases


def _cases(folder: str) -> list[tuple[str, str, str]]:
    return [
        (path.stem, *(part.strip() for part in line.split("=>")))
        for path in sorted((CASES / folder).glob("*.txt"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if "=>" in line
    ]  # type: ignore[misc]


def _is_reading(written: str, spoken: str) -> bool:
    """Leaves out cases that remove fillers or 儿, or mark foreign characters: these change the text, not how it is read."""
    kept = [char for char in "呃啊儿" if written.count(char) > spoken.count(char)]
    return not kept and "<oov>" not in spoken


@pytest.mark.data
@pytest.mark.skipif(not CASES.is_dir(), reason=f"no {CASES}: set QA_SPEECH_DATA")
def test_agrees_with_published_readings_in_at_least_97_percent():
    cases = [case for case in _cases("wetext_tn") if _is_reading(*case[1:])]
    # number.txt says that its cases are quantities; in a call a bare 10001 is a code
    agree = [
        syllables(decimal(written) if kind == "number" else written) == syllables(spoken)
        for kind, written, spoken in cases
    ]

    assert len(cases) > 100
    assert sum(agree) / len(cases) >= 0.97


@pytest.mark.data
@pytest.mark.skipif(not CASES.is_dir(), reason=f"no {CASES}: set QA_SPEECH_DATA")
def test_quantities_agree_with_published_ones():
    groups = json.loads((CASES / "cn2an" / "cases.json").read_text(encoding="utf-8"))
    cases = [(written, spoken[0]) for written, spoken in groups["an2cn_test.input_data"] if "e" not in written]

    assert len(cases) > 20
    assert all(decimal(written) == spoken for written, spoken in cases)

"""Ways of giving what identifies a customer that cross turns, break off, or have no form of their own."""

from __future__ import annotations

import pytest

from qa_speech.privacy.identifiers import find_identifiers
from qa_speech.testing import make_call

ROLES = {"A:": "agent", "C:": "customer"}


def masked(*lines: str) -> list[str]:
    """Lines as ``A:text`` or ``C:text``, with X for every character that is masked."""
    said = make_call(*[f"{ROLES[line[:2]]}: {line[2:]}" for line in lines]).utterances
    texts = [list(utterance.text or "") for utterance in said]
    for found in find_identifiers(said):
        texts[found.utterance][found.start : found.end] = "X" * (found.end - found.start)
    return ["".join(text) for text in texts]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("妞妞是我家小孩的小名", "XX是我家小孩的小名"),
        ("收件人写小芸就行", "收件人写XX就行"),
        ("圆圆妈妈收", "XX妈妈收"),
        ("名字拼音是 wang xiao li", "名字拼音是 XXXXXXXXXXXX"),
        ("免贵姓隗，隗大鹏", "免贵姓隗，XXX"),
        ("登记的是李建国、万三妹，都是我姑妈", "登记的是XXX、XXX，都是我姑妈"),
        ("草头范，云朵的云", "XXX，XXXX"),
        ("我叫章…章不凡，立早章", "我叫X…XXX，XXX"),
        ("到期日写的MONTH YEAR下面11/28", "到期日写的MONTH YEAR下面XXXXX"),
        ("CVV两个五一个三", "CVVXXXXXX"),
        ("家里八三零七四四二六区号零五三二", "家里XXXXXXXX区号XXXX"),
        ("Q号三三七四零八八二六", "Q号XXXXXXXXX"),
        ("微信一个大写的R然后ruan八七", "微信XXXXXXXXXXXXXX"),
        ("寄到雁塔区沣惠南路那个叫锦华花园3号楼", "寄到XXXXXXXXXXXXXXXXX"),
        ("家在老棉纺厂宿舍", "家在XXXXXX"),
        ("十里镇莲花村委会第八村民小组", "XXXXXXXXXXXXXX"),
    ],
)
def test_what_strangers_say_in_one_turn(said: str, expected: str) -> None:
    assert masked(f"C:{said}") == [expected]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("A:您女儿叫？", "C:思琪"), "XX"),
        (("A:姓名", "C:臧天朔"), "XXX"),
        (("A:地址", "C:同安里二百一十八弄呃九号后楼"), "XXXXXXXXXXXXXX"),
        (("A:具体地址呢", "C:大学路"), "XXX"),
        (("C:有效期是零六", "A:嗯", "C:三一"), "XX"),
        (("A:月份在前年份在后", "C:零五二八"), "XXXX"),
        (("A:麻烦说下卡背面的三位数", "C:三，八", "A:三八，还有一位呢", "C:六"), "X"),
        (("A:微信号多少", "C:w、x、大写Q", "A:嗯", "C:六六八"), "XXX"),
    ],
)
def test_answers_and_pieces_over_turns(lines: tuple[str, ...], expected: str) -> None:
    assert masked(*lines)[-1] == expected


def test_what_is_told_later_masks_what_was_said_before() -> None:
    assert masked("C:五五…二。", "A:五五二，卡的有效期呢？") == ["XXXX。", "XXX，卡的有效期呢？"]
    assert masked("C:幺零三幺", "A:是三幺年十月吗") == ["XXXX", "是XXXXX吗"]


def test_a_card_number_in_fours_needs_no_check_digit() -> None:
    assert masked("C:担保要4514 6170 2293 8805") == ["担保要" + "X" * 19]
    assert masked("C:订单号4514 6170 2293 8805") == ["订单号4514 6170 2293 8805"]


@pytest.mark.parametrize(
    "said",
    [
        "就写多多的",
        "宝宝好好的",
        "有效期到2027-05-01",
        "卡里流量三月到期",
        "我叫客服",
        "司机态度很差",
        "我住在朝阳公园附近",
        "快递送到门口就行",
        "那张优惠券有效期到04/27",
    ],
)
def test_what_only_sounds_like_it_is_left_alone(said: str) -> None:
    assert masked(f"C:{said}") == [said]

"""The words of masked data: placeholders, kinds, why something was masked, why there is no sound; Chinese, then English."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from qa_speech.privacy.numerals import Kind
from qa_speech.wording.lang import Lang, Words

PLACEHOLDERS: Mapping[Kind, tuple[str, str]] = {
    "phone": ("[电话]", "[phone]"),
    "id_card": ("[身份证号]", "[ID number]"),
    "bank_card": ("[银行卡号]", "[card number]"),
    "card_expiry": ("[有效期]", "[expiry]"),
    "security_code": ("[安全码]", "[security code]"),
    "account": ("[账号]", "[account]"),
    "email": ("[邮箱]", "[e-mail]"),
    "address": ("[地址]", "[address]"),
    "name": ("[姓名]", "[name]"),
    "passport": ("[护照号]", "[passport]"),
    "plate": ("[车牌]", "[plate]"),
    "credit_code": ("[信用代码]", "[credit code]"),
}
KINDS: Words = {
    "phone": ("电话号码", "telephone number"),
    "id_card": ("身份证号", "identity card"),
    "bank_card": ("银行卡号", "bank card"),
    "card_expiry": ("卡有效期", "expiry date of a card"),
    "security_code": ("卡安全码", "security code of a card"),
    "account": ("微信或QQ号", "WeChat or QQ account"),
    "email": ("邮箱", "e-mail address"),
    "address": ("地址", "street address"),
    "name": ("姓名", "name"),
    "passport": ("护照号", "passport"),
    "plate": ("车牌号", "car plate"),
    "credit_code": ("统一社会信用代码", "unified social credit code"),
    "unrecognised": ("未识别语句", "utterance not recognised"),
}
EXTENTS: Words = {
    "words": ("所说字词", "the words"),
    "utterance": ("整句（字词没有可信的时间）", "the whole utterance: its words have no times to trust"),
    "stretch": (
        "整段（文本只有整段的时间）",
        "the whole line or cue: the transcript does not time its words",
    ),
    "call": ("整通（文本没有时间）", "the whole call: the transcript has no times"),
}
"""How much of the sound is hidden for one identifier."""
WHY: Words = {
    "check_digit": ("18 位，校验位正确", "18 characters, check digit fits"),
    "mobile_prefix": ("11 位，号段有效", "11 digits, assigned mobile prefix"),
    "luhn": ("卡号长度，校验位（Luhn）正确", "length of a card, Luhn check digit fits"),
    "area_code": ("带区号的固定电话", "fixed line with area code"),
    "id_shape": (
        "长度、地区和出生日期像身份证号，校验位不符（可能听错一位）",
        "shape of an identity card; a digit may be misheard",
    ),
    "issuer": ("银联卡号段和长度，校验位不符（可能听错一位）", "card issuer and length; a digit may be misheard"),
    "mobile_shape": ("11 位，形如手机号", "11 digits, shape of a mobile number"),
    "cue": ("前后的话说明是这类号码，长度相近", "the words around it say so, the length is near"),
    "in_pieces": ("分几次说出，合起来是有效号码", "given in pieces that make up a valid number"),
    "repeated": ("重复或复述已找到的号码的一部分", "repeats part of a number found elsewhere"),
    "partial": ("核对身份证的末几位", "last digits of an identity card, asked for"),
    "corrected": ("说错后改口的号码", "a number said wrong and corrected"),
    "pattern": ("按说法和格式识别", "found by its words and form"),
    "not_recognised": ("没有识别出文字，整句遮蔽", "no words recognised, masked whole"),
}
NO_SOUND: Words = {
    "audio_missing": ("找不到录音", "the recording was not found"),
    "audio_changed": ("录音文件与质检时不是同一个", "the file is not the one inspected"),
    "audio_unreadable": ("录音无法读取", "the recording cannot be read"),
    "no_times": ("文本没有时间信息，无法遮蔽录音", "the transcript has no times, the sound cannot be masked"),
    "no_words": ("没有转写，无法遮蔽录音", "not recognised, the sound cannot be masked"),
}
NOT_SEARCHED: Mapping[Lang, str] = {
    "zh": "没有转写，录音里的客户信息未遮蔽，请勿外放",
    "en": "not recognised: customers' data in the sound is not masked, do not play it to others",
}
"""The warning on a call whose sound could not be searched."""
HIDDEN_WIDE: Mapping[Lang, str] = {
    "zh": "文本没有字词时间，含客户信息的整段声音都已遮蔽",
    "en": "the transcript does not time its words: the whole cues that hold customers' data are masked in the sound",
}
"""The warning on a call of whose sound more is hidden than the identifiers."""


@cache
def placeholders(lang: Lang) -> Mapping[Kind, str]:
    """What stands in the place of each kind of identifier, in one language.

    >>> placeholders("zh")["phone"], placeholders("en")["phone"]
    ('[电话]', '[phone]')
    """
    chosen = 0 if lang == "zh" else 1
    return {kind: words[chosen] for kind, words in PLACEHOLDERS.items()}

"""Where a name may begin: behind the words that announce one, hint at one, or leave room for one.

我叫, 姓名是, 机主姓名    a name follows        我是, 收件人, 我老公, 寄给    likely        给, 找, 叫, or a new clause    perhaps
"""

from __future__ import annotations

import re

ANY, POSSIBLE, LIKELY, PLAIN = -99.0, -2.5, 1.0, 2.5
"""How much a text must look like a name: announced as one; asked for; hinted at; with little said of it."""

_HOLDER = (
    "(?:原|新|老|旧)?(?:机主|户主|房主|房东|车主|业主|租户|租客|开户人|登记人|持卡人|收件人|收货人|收款人|付款人|寄件人|发件人|签收人|取件人|提货人|(?:紧急)?联[系络]人"
    "|经办人|经手人|使用人|接收人|代收人|担保人|当事人|订购人|代办人|办理人|报修人|报案人|预约人|申请人|委托人|受托人|代理人|介绍人|推荐人|负责人|监护人|投保人|被保[险人]?人?|受益人|投诉人|反馈人|用户|客户|患者|病人|乘客|旅客|住户|卡主|驾驶员|司机|副驾驶?|乘车人|同行人|伤者|逝者|死者|学生|家长|[新买卖甲乙]方|寄方|收方|(?:账户|会员|客户|用户)名|户名|法人(?:代表)?)"
)
_KIN = (
    "老公|老婆|前夫|前妻|未婚妻|未婚夫|小姑子?|大姨|小姨|[二三]叔|干[妈爸]|外孙女?|爱人|丈夫|妻子|媳妇|先生|太太|爸爸?|妈妈?|老爸|老妈|父亲|母亲|儿子|女儿|孩子|娃|哥哥?|姐姐?|弟弟?|妹妹?|大哥|二哥|大姐|二姐|爷爷|奶奶|孙子|孙女"
    "|闺女|姑娘|保姆|丈人|对象|男朋友|女朋友|侄子|侄女|外甥女?|姑姑|姑妈|姑父|舅舅|舅妈|叔叔|伯伯|伯父|阿姨|姨妈|婆婆|公公|岳父|岳母|嫂子|姐夫|妹夫|女婿|儿媳妇?"
    "|[堂表][哥姐弟妹]|外公|外婆|姥姥|姥爷|朋友|同事|同学|室友|邻居|老板|老师|徒弟|搭档|合伙人|亲戚|家里人|家人|室友|同伴"
)
_PERSON = "我|你|您|他|她|咱|咱们|我们|我家|俺|俺家"
_I_AM = (
    r"(?<![不要])我的?(?:大?名字?)?叫(?:做)?|我姓[^，。,\s]{1,2}[，,]?(?:我?叫|名叫?|单名)(?:做)?|本人(?:叫|姓名)"
    "|(?:大名|真名|本名|曾用名|全名|名)叫(?:做)?"
)
_WORD_FOR_NAME = (
    r"姓名(?:就?是|叫做?|为|写|填|：|:)?\s?|(?:名字|户名|全名|真名|本名|大名)(?:就?是|就?叫|为|：|:)(?:做)?"
)
_KIN_CALLED = rf"(?:(?:{_PERSON})(?:的)?(?:{_KIN})?|{_KIN})(?:的?名字)?(?:就?叫|名叫)(?:做)?(?!{_PERSON})"
_HOLDER_NAMED = rf"{_HOLDER}(?:本人)?(?:的)?(?:姓名|名字)(?:就?是|叫|为|写的?|：|:)?"
_HOLDER_IS = rf"{_HOLDER}(?:本人)?(?:就?是|叫|为|：|:)"
_ANNOUNCED = re.compile(rf"{_I_AM}|{_WORD_FOR_NAME}|{_KIN_CALLED}|{_HOLDER_NAMED}")
_HINTED = re.compile(
    rf"{_HOLDER_IS}|{_HOLDER}(?:就?写|填|登记(?:成|为)?|留|那里写)?\s?"
    rf"|(?:{_KIN})(?:是|叫)?[，,]?|认证的?是?|(?:还是|就是)我[，,]"
    r"|(?<![不谁也还就要想说])我(?:是|就是)|(?:我|他|她|人家|复)姓[^，,。\s]{1,2}[，,。啊呀]?|我(?=[^，。]{2,4}(?:[啊呀]，|，(?:老婆|老公|爱人|女儿|儿子|孩子)))|[打输写念叫听印记]成|(?:这里|这边)是"
    "|(?:寄|转|发|送|交|汇|打|过户|过|让|租|卖|留|分|派)给|叫我|找(?:一下|下)?|那个叫|(?:您|你|他|她|那|不)是|请问是|(?:应该|而不|就|不)是|是不是"
    r"|拼音(?:是|为)?\s?|全名[？?，,]?|名字(?:应该)?(?:就?写|改成|填|登记|叫|是)?(?:的是?)?|宽带是|[全真]名(?:就?是|叫)?|我不叫|(?:发票)?抬头(?:就?写|开|是)?"
    "|收货(?:人|方)?(?:就?写|填|是|叫)?|开户(?:名|人)?(?:是|叫)?|户名|署名(?:是|写)?|落款(?:是|写)?|签名(?:是|写)?"
    r"|[就件递单票]写(?:的是?)?|写(?:的是?)?|身份证上?(?:写的)?是|本人|登记在|[实真]名(?:就?是|叫)?|收件(?:就?写)?|(?<!我)联系|保单是|卡是|改[成为](?:我|他|她)?|查一?下"
    "|(?:客服代表|话务员|客服|客户经理|坐席|座席|工程师|师傅|经理|主管|班长|主任|店长|站长|村长|书记|校长|医生|护士|房东|邻居|老乡)(?:是|叫)?"
    r"|[，,]叫|免贵姓[^，。,\s]{1,2}[，,]?叫?|单名一个|(?:一个|有个|位|个|人|先生|女士|名|师傅|经理)叫(?:做|什么)?|叫做"
    "|报(?:一下)?|填(?:的是?|我[哥姐爸妈弟妹])?|登记(?:的是?|了|成|为|在)?|用的?是?|户头是?|(?:介绍|推荐|负责|接待|联系|服务)[^，。]{0,4}的是|那就"
)
_SAID_OF = re.compile(
    "叫|的|给|找|是|跟|和|同|由|让|请|派|替|帮|问|告诉|转告|通知|那个|这个|[这那]位|感谢|表扬|投诉|、"
)
_ASIDE = re.compile(r"(?:嗯|呃|啊|额|那个|就是|是|叫|一个|这个)?[，,\s]?")
_GREETINGS = "嗯|啊|哦|呃|唉|哎|喂|那个|你好|您好|好的?|对|行|可以|全名|名字|姓名"
_BEFORE_ANSWER = re.compile(
    rf"(?:{_GREETINGS}|(?:免贵|我)姓[^，,。]{{1,2}}[，,。]|我是|我叫|就?叫|就是|是|姓|写|填|找|机主|户主|[，,。\s])*"
)
_CLAUSE_START = re.compile(r"(?:^|(?<=[，,。！!？?；;、…：:\s]))(?:嗯|呃|啊|哦|那个)?")


def places(text: str, *, asked: bool) -> dict[int, float]:
    """Where a name may begin, in characters, and how much it must look like one there; the strongest word before it decides.

    >>> sorted(places("找王伟，我叫李娜", asked=False).items())
    [(0, 2.5), (1, 1.0), (4, 2.5), (6, -99.0)]
    """
    found: dict[int, float] = {}
    for pattern in (_SAID_OF, _CLAUSE_START):
        found.update([(match.end(), PLAIN) for match in pattern.finditer(text)])
    for match in _HINTED.finditer(text):
        found.update(dict.fromkeys((match.end(), _after(_ASIDE, text, match.end())), LIKELY))
    if asked:
        for match in _CLAUSE_START.finditer(text):
            found[_after(_BEFORE_ANSWER, text, match.end())] = POSSIBLE
    for match in _ANNOUNCED.finditer(text):
        found.update(dict.fromkeys((match.end(), _after(_ASIDE, text, match.end())), ANY))
    return found


def _after(skipped: re.Pattern[str], text: str, at: int) -> int:
    """The place, in characters, behind what a pattern skips; `at` where it skips nothing."""
    match = skipped.match(text, at)
    return match.end() if match else at

"""Sample calls about the recording: noise, leaks, channels and formats as recorders really deliver them."""

from __future__ import annotations

from script import Call, Hold, Murmur, Voice, agent, customer

__all__ = ["CALLS"]

NOISE_CROSSTALK = Call(
    id="noise-crosstalk",
    title_zh="噪声与串音：客户在街上，双方声道互相漏音",
    title_en="Noise and crosstalk: the customer in a street, each party leaks into the other channel",
    agent_id="4618",
    agent=Voice("f1", 196, 52),
    customer=Voice("m7", 205, 54),
    street_db=-41.0,
    leak_db=-24.0,
    steps=(
        agent("您好，工号四六一八，很高兴为您服务。", 1.2, greeting="您好", agent_number="工号四六一八"),
        customer("你好，我的手机今天早上丢了，现在想先停机。"),
        agent("您别着急，我马上为您办理，请问机主姓名和身份证最后四位是什么？", 0.5, identity_check="机主姓名和身份证"),
        customer("机主叫李建国，四位是八八五零。", 0.8),
        agent("好的，核对成功，现在为您停机，停机以后别人就不能用这个号码了。", 0.9),
        Murmur("customer", "嗯", after="为您停机"),
        customer("那里面的钱会不会有问题，还有两百多块。", 0.5),
        agent("您放心，话费还在您的账户里面，补卡以后可以接着用。", 0.5),
        customer("在哪里补卡，要带什么？", 0.6),
        agent("带上您的身份证，到最近的营业厅就可以，补卡要十元。", 0.5),
        customer("好的，我下午就去。", 0.6),
        agent("停机已经成功，请问还有其他需要吗？", 0.7, offer="还有其他需要吗"),
        customer("没有了，谢谢你。", 0.5),
        agent("感谢您的来电，祝您生活愉快。", 0.5, closing="祝您生活愉快"),
    ),
)

FAKE_STEREO = Call(
    id="fake-stereo",
    title_zh="假立体声：两个声道内容相同，办理老人套餐",
    title_en="Fake stereo: the same mixture on both channels, a plan for a parent",
    agent_id="8103",
    agent=Voice("f2", 196, 60),
    customer=Voice("m1", 205, 40),
    layout="fake_stereo",
    steps=(
        agent("您好，工号八一零三，请问有什么事情可以帮您？", 1.0, greeting="您好", agent_number="工号八一零三"),
        customer("你好，我妈妈想办一个老人用的套餐，便宜一点的。"),
        agent("好的，有一个孝心套餐，每个月十九元，有一百分钟和三个G。", 0.7),
        customer("一百分钟太少了吧？", 0.6),
        agent("家人之间打电话不要钱，打给别人的才算时间。", 0.5),
        customer("这样很好，那要怎么办理？", 0.6),
        agent("机主带身份证去营业厅，或者您在手机上为妈妈办理，都可以。", 0.6),
        customer("好，我晚上在手机上办，谢谢。", 0.6),
        agent("不客气，还有其他问题吗？", 0.5, offer="还有其他问题吗"),
        customer("没有了。", 0.5),
        agent("感谢您的来电，再见。", 0.5, closing="再见"),
    ),
)

MONO_MIX = Call(
    id="mono-mix",
    title_zh="单声道混音：开电子发票",
    title_en="One mixed channel: an electronic invoice",
    agent_id="3591",
    agent=Voice("f4", 196, 55),
    customer=Voice("m3", 200, 45),
    layout="mono",
    suffix=".mp3",
    steps=(
        agent("您好，工号三五九一，很高兴为您服务。", 1.0, greeting="您好", agent_number="工号三五九一"),
        customer("你好，我要开上个月的发票，公司要用的。"),
        agent("好的，您要电子发票，还是去营业厅开？", 0.6),
        customer("电子的就行。", 0.6),
        agent("那您打开手机营业厅，点服务，再点电子发票，选上个月就可以了。", 0.6),
        customer("公司的名称在哪里改？", 1.5),
        agent("在最下面，您点一下就可以改了。", 0.6),
        customer("好的，我看到了，能发到邮箱吗？", 1.2),
        agent("可以，输入您的邮箱，十分钟之内就能收到。", 0.5),
        customer("好，谢谢你。", 0.6),
        agent("不客气，请稍后为我打分，祝您生活愉快。", 0.5, survey="请稍后为我打分", closing="祝您生活愉快"),
    ),
)

SWAPPED_ROLES = Call(
    id="swapped-roles",
    title_zh="声道接反：客户在左声道，咨询携号转网",
    title_en="Swapped channels: the customer is on the left one, about changing the network",
    agent_id="5066",
    agent=Voice("m2", 197, 52),
    customer=Voice("f3", 205, 58),
    layout="swapped",
    steps=(
        agent("您好，工号五零六六，很高兴为您服务。", 1.1, greeting="您好", agent_number="工号五零六六"),
        customer("你好，我想换到别的公司去，号码不变，要怎么办？"),
        agent("好的，我先看一下您能不能转，请问您是机主吗？", 0.6, identity_check="您是机主吗"),
        customer("是的。", 0.5),
        agent("请稍等，我查一下。", 0.5, hold_announcement="请稍等"),
        Hold(6.0, music=False),
        agent("感谢您耐心等待，您的合约还有五个月，现在转的话要交违约金。", 0.0, hold_thanks="感谢您耐心等待"),
        Murmur("customer", "嗯", after="五个月"),
        customer("要交多少？", 0.5),
        agent("一百五十元，等合约到期以后再转，就不用交了。", 0.6),
        customer("那到期是哪一天？", 0.5),
        agent("明年三月二十号。", 0.7),
        customer("好，那我到时候再说吧。", 0.7),
        agent("好的，还有其他问题吗？", 0.5, offer="还有其他问题吗"),
        customer("没有。", 0.5),
        agent("感谢您的来电，祝您生活愉快。", 0.5, closing="祝您生活愉快"),
    ),
)

GSM = Call(
    id="gsm",
    title_zh="GSM 6.10 单声道录音：收不到短信",
    title_en="GSM 6.10, one channel: no short messages arrive",
    agent_id="1023",
    agent=Voice("f1", 196, 58),
    customer=Voice("m7", 205, 48),
    layout="mono",
    suffix=".wav",
    codec="GSM610",
    steps=(
        agent("您好，工号一零二三，很高兴为您服务。", 1.0, greeting="您好", agent_number="工号一零二三"),
        customer("喂，我的手机这两天一条短信也没有，是不是你们系统有问题？"),
        agent("请问您最近有没有换过手机，或者换过卡？", 0.6),
        customer("前几天换了一个新手机。", 0.6),
        agent("那可能是短信中心没有设置，您打开短信看一下。", 0.6),
        customer("在哪里看，我不太会用。", 0.7),
        agent("您先打开短信，再点设置，最下面有一个短信中心。", 0.5),
        customer("看到了，是空的。", 1.8),
        agent("好的，我现在从后台发一条给您，您收到以后，按确定就好了。", 0.6),
        customer("收到了，可以了，谢谢。", 1.9),
        agent("不客气，请问还有别的需要吗？", 0.5, offer="还有别的需要吗"),
        customer("没有了。", 0.5),
        agent("感谢您的来电，再见。", 0.5, closing="再见"),
    ),
)

CALLS = (NOISE_CROSSTALK, FAKE_STEREO, MONO_MIX, SWAPPED_ROLES, GSM)

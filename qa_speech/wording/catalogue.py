"""The words of the report: what each code is called, Chinese first, English second. No logic here.

An unknown code is shown as it is, so a plug-in's metric needs no entry; see `wording`.
"""

from __future__ import annotations

from qa_speech.wording.lang import Words

ROLES: Words = {
    "agent": ("坐席", "agent"),
    "customer": ("客户", "customer"),
    "unknown": ("未分角色", "speaker unknown"),
    "both": ("双方", "both"),
}

OUTCOMES: Words = {
    "pass": ("通过", "Pass"),
    "partial": ("部分得分", "Partial"),
    "fail": ("未通过", "Fail"),
    "not_applicable": ("不适用", "Not applicable"),
    "not_measured": ("未能判定", "Not measured"),
    "manual": ("待人工评定", "For a person"),
}

LIMITS: Words = {
    "min_duration_s": (
        "评分表要求至少 {} 秒；要评就换 eligible.min_duration_s 更小的评分表",
        "the scorecard asks for {} s at least; to score it take one with a smaller eligible.min_duration_s",
    ),
    "max_duration_s": (
        "评分表要求至多 {} 秒；要评就换 eligible.max_duration_s 更大的评分表",
        "the scorecard asks for {} s at most; to score it take one with a larger eligible.max_duration_s",
    ),
    "min_turns": (
        "评分表要求没有时间的文本至少 {} 个轮次；要评就给全对话，或换 eligible.min_turns 更小的评分表",
        "the scorecard asks for {} turns at least of a text without times; to score it give the whole dialogue, or take one "
        "with a smaller eligible.min_turns",
    ),
}
"""Limits of a scorecard that a call does not keep: what would make it scorable."""

REASONS: Words = {
    "marked": ("人工判定", "decided by a person"),
    "not_marked": ("没有人工判定", "no person has marked it"),
    # no figure
    "no_speech": ("录音里没有人说话", "nobody speaks in the recording"),
    "no_words": ("已转写，但没有识别出字词", "recognised, but no words were found"),
    "no_recogniser": ("没有做语音转写", "words were not asked for"),
    "no_times": ("文本没有时间信息", "the transcript has no times"),
    "mono": ("单声道录音，分不出坐席和客户", "one channel: agent and customer cannot be told apart"),
    "no_role": ("该方没有说话", "that party says nothing"),
    "too_short": ("内容太短，不足以判断", "too short to judge"),
    "no_model": ("缺少所需的模型", "the model it needs is not installed"),
    "not_annotated": ("还没有做文本评定（qa-speech annotate）", "no text model has read it yet (qa-speech annotate)"),
    "stale_annotation": (
        "文字改过，文本评定已过时（qa-speech annotate）",
        "its words have changed since a text model read them (qa-speech annotate)",
    ),
    "no_event": ("通话中没有出现这种情况", "nothing of the kind happened"),
    "not_measured": ("没有测量", "not measured"),
    "no_attribute": ("通话资料里没有这一项", "the call's data do not say"),
    "not_a_number": ("通话资料里的这一项不是数字", "what the call's data say is not a number"),
    # not judged
    "condition_false": ("适用条件不成立", "its condition does not hold"),
    "no_anchor": ("通话中没有出现要看的情形", "what it looks at did not happen"),
    "manual": ("由人工评定", "a person judges this"),
    # no total
    "low_coverage": ("已评占比低于评分表的最低要求", "too little of the scorecard could be judged"),
    "nothing_applies": ("全部项目都不适用", "no criterion applies"),
    "nothing_judged": ("没有一项能判定", "no criterion could be judged"),
    "not_scorable": ("不参加评分", "not scorable"),
    "too_long": ("通话过长，不符合评分表的适用条件", "longer than the scorecard takes"),
    "one_sided": ("只有一方说话，不符合评分表的适用条件", "only one party speaks; the scorecard wants both"),
    "attribute": ("通话资料不符合评分表的适用条件", "the call's data do not meet the scorecard's conditions"),
    # review
    "unsure_words": ("所依据的字词识别把握不高", "rests on words recognised with low confidence"),
    "unsure_search": ("所查范围内识别把握不高，可能漏听", "the words searched were recognised with low confidence"),
    "words_missing": ("所查范围内有一部分没有转写", "part of what was searched is not transcribed"),
    "undivided": (
        "所查范围内有一段两个声道是同一个声音，分不清谁说的",
        "in part of what was searched nobody can tell who speaks",
    ),
    "masked": ("有一段被消音，不知道是谁说的、说了什么", "part of it is masked: nobody knows who said what there"),
    "low_reliability": ("所依据的测量可靠性低", "rests on a figure of low reliability"),
    "near_threshold": ("数值接近标准线", "the value is close to the limit"),
    "who_said_it": ("录音分不出角色，请确认是谁说的", "roles are unknown: please tell who said it"),
    "untrusted": (
        "这一项机器与人的一致率还没有达到评分表的要求",
        "machine and people have not yet agreed often enough on this criterion",
    ),
    # why a figure is less reliable
    "transcript_times": ("时间来自文本，不是录音", "times come from the transcript, not the sound"),
    "doubtful_times": ("文本的时间有误或经过推算", "the times of the transcript are wrong or estimates"),
    "rate_disagrees": ("按转写算的语速与按声音估计的相差很大", "the words and the sound give different speech rates"),
    "model_only": ("有的仅文本模型判定，规则没有命中", "some are the text model's alone, no rule says so"),
    "dead_channel": ("有一个声道没有声音", "one channel carries no sound"),
    "crosstalk": ("两声道串音", "the channels leak into each other"),
    "low_snr": ("噪声较大", "noisy recording"),
    "silent_channel": ("有一个声道有声音，却没有找到人声", "a channel carries sound, yet no speech was found in it"),
    "little_speech": ("有一方几乎没有找到人声", "next to no speech was found of one party"),
    "level_disagrees": ("人声检测与音量不一致", "the speech detector and the level disagree"),
    "unexplained_sound": (
        "有一方声道上说不清来源的声音很多",
        "one party's channel holds much sound that nothing explains",
    ),
    "sung_sound": (
        "有一方声道上的音乐或单音可能是人在哼唱",
        "what counts as music on one party's channel may have been hummed or sung",
    ),
    "unvoiced_speech": (
        "有一方声音沙哑或耳语，人声检测把握不大",
        "one party is hoarse or whispers; the detector is unsure of it",
    ),
    "partly_mono": ("多半通话两个声道是同一个声音", "both channels carry one signal for most of the call"),
    "third_speaker": (
        "有第三人说了不少话，按文本的句子从声道里分开，不精确到字",
        "a third person says a good part; it was taken out by the lines of the transcript, not to the word",
    ),
    # findings
    "corrected": ("已按通话内容更正", "corrected by what was said"),
    "suspected": ("请核对", "please check"),
}

NOTES: Words = {
    # silence and hold
    "dead_air": ("静音 {}", "silent for {}"),
    "silence": ("静音", "silence"),
    "customer_silence": ("静音 {}", "silent for {}"),
    "hold": ("让客户等待 {}", "kept the customer waiting {}"),
    "hold_unannounced": ("没有说明就让客户等待 {}", "kept the customer waiting {} without a word before"),
    "hold_unthanked": ("让客户等待 {}，之后没有致谢", "kept the customer waiting {}, no thanks after"),
    # overlap
    "overlap": ("重叠", "overlap"),
    "backchannel": ("附和", "backchannel"),
    "simultaneous_start": ("同时开口", "simultaneous start"),
    "interruption": ("抢话，重叠 {}", "interrupted, overlap {}"),
    "interruption_attempt": ("插话未成，重叠 {}", "tried to interrupt, overlap {}"),
    "brief": ("短暂重叠", "brief overlap"),
    # pace and voice
    "slow_response": ("隔了 {}才应答", "answered only after {}"),
    "first_word": ("{}后首次开口", "first word after {}"),
    "speech_fast": ("语速过快，这一段 {}", "too fast, a stretch of {}"),
    "speech_slow": ("语速过慢，这一段 {}", "too slow, a stretch of {}"),
    "longest_monologue": ("连续说了 {}", "spoke for {} on end"),
    "level_jump": ("音量突变", "sudden change of level"),
    "raised_voice": ("音量升高", "raised voice"),
    # how it ended for the customer
    "solved": ("客户说解决了", "the customer says it is solved"),
    "not_solved": ("客户说没有解决", "the customer says it is not solved"),
    "threatened": ("扬言升级", "threatens to go further"),
    "thanked_in_anger": ("反话致谢", "thanks in anger"),
    "mood_worse": ("情绪转坏", "mood turns for the worse"),
    "mood_better": ("情绪转好", "mood turns for the better"),
    # absence
    "phrase_missing": ("", ""),
    "phrase_avoided": ("", ""),
    "entity_missing": ("", ""),
    "similar_missing": ("", ""),
    "repeat_missing": ("", ""),
    "no_opening_greeting": ("开场问候", "a greeting at the opening"),
    "no_closing_farewell": ("结束语", "a farewell at the end"),
}

FLAGS: Words = {
    "interruption": ("抢话", "interruption"),
    "interruption_attempt": ("插话未成", "attempted interruption"),
}

KINDS: Words = {
    "silence": ("静音", "silence"),
    "hold": ("等待", "hold"),
    "overlap": ("重叠", "overlap"),
    "music": ("音乐", "music"),
    "tone": ("提示音", "tone"),
    "ring_back": ("回铃音", "ring-back"),
    "dtmf": ("按键音", "key tones"),
    "ivr": ("语音菜单", "IVR prompt"),
    "masked": ("消音段", "masked"),
    "third_speaker": ("第三人说话", "third person"),
    "undivided": ("未分声道", "one signal on both channels"),
    "noise": ("噪声", "noise"),
}

TIMES: Words = {
    "audio": ("录音", "sound"),
    "transcript": ("文本自带", "transcript"),
    "nominal": ("无时间（按句序）", "none (order only)"),
}

LANGUAGES: Words = {"zh": ("中文", "Chinese"), "en": ("英文", "English")}

EFFECTS: Words = {
    "form": ("一票否决", "Fatal"),
    "section": ("本节否决", "Voids the section"),
    "cap": ("总分封顶", "Caps the total at"),
}

SEVERITIES: Words = {
    "minor": ("轻微差错", "minor"),
    "major": ("一般差错", "major"),
    "critical": ("严重差错", "critical"),
}

VIOLATIONS: Words = {
    "violation_insult": ("辱骂", "insult"),
    "violation_taboo": ("忌语", "taboo phrase"),
    "violation_deflection": ("推诿", "deflection"),
    "violation_rhetorical": ("反问", "rhetorical question"),
    "violation_impatience": ("不耐烦", "impatience"),
    "violation_order": ("命令", "order"),
}

MOODS: Words = {
    "calm": ("平静", "calm"),
    "anxious": ("着急", "anxious"),
    "angry": ("生气", "angry"),
    "relieved": ("释然", "relieved"),
}

METADATA: Words = {
    "agent": ("坐席", "Agent"),
    "agent_id": ("工号", "Agent number"),
    "team": ("班组", "Team"),
    "queue": ("队列", "Queue"),
    "site": ("地点", "Site"),
    "started_at": ("开始时间", "Started at"),
    "direction": ("呼叫方向", "Direction"),
    "customer_number": ("客户号码", "Customer's number"),
    "ticket": ("工单号", "Ticket"),
    "duration_s": ("通话时长（秒）", "Length in seconds"),
    "hour": ("开始的钟点", "Hour of the day"),
    "weekday": ("星期", "Day of the week"),
    "date": ("日期", "Date"),
    "layout": ("声道", "Layout"),
    "language": ("语言", "Language"),
}

ENTITIES: Words = {
    "phone": ("电话号码", "phone number"),
    "amount": ("金额", "amount"),
    "date": ("日期时间", "date"),
    "id": ("证件号", "identity number"),
}

STAGES: Words = {
    "calibration": ("校准", "calibration"),
    "first": ("初检", "first"),
    "appeal": ("申诉", "appeal"),
    "second": ("复核", "second"),
    "final": ("终审", "final"),
}
"""Stages of people's marks."""

MARKS: Words = {
    "human": ("只按人工判定", "people's marks alone"),
    "final": ("终判：人工优先", "final: people's marks over the machine's"),
}
"""How marks went into a score."""

SIDES: Words = {"after": ("之后", "After"), "before": ("之前", "Before"), "around": ("前后", "Around")}

SILENT_NOTES = frozenset(("dead_air", "silence", "hold", "hold_unannounced", "hold_unthanked", "slow_response"))
"""Notes of evidence in which nobody speaks: the sentence says after whose words."""

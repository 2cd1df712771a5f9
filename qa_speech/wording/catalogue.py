"""The words of the report: what each code is called, Chinese first, English second. No logic here.

An unknown code is shown as it is, so a plug-in's metric needs no entry; see `wording`.
"""

from __future__ import annotations

from qa_speech.wording import transcripts
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
        "有一方声道上说不清来源的声音比人声还多",
        "one party's channel holds more unexplained sound than speech",
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

FINDINGS: Words = {
    "mono": ("单声道录音，坐席与客户未分开", "one channel; agent and customer are not separated"),
    "fake_stereo": (
        "假立体声：两个声道内容相同，按单声道处理",
        "fake stereo: both channels carry the same sound, taken as one",
    ),
    "dead_channel": ("没有声音", "no sound"),
    "partly_mono": (
        "有一段两个声道是同一个声音，分不清谁说的，不计入计时",
        "for a while both channels carry one signal; who speaks then is not told, and not timed",
    ),
    "masked": ("有被消音的段落，不计入静音、等待和应答", "masked stretches, left out of silence, hold and response"),
    "swapped_roles": ("坐席与客户声道接反", "agent and customer channels swapped"),
    "crosstalk": ("串音：另一方的声音漏到本声道", "crosstalk: the other party leaks into this channel"),
    "crosstalk_lag": ("串音延迟", "crosstalk lag"),
    "level": ("说话音量", "active level"),
    "clipping": ("削波失真", "clipping"),
    "dc_offset": ("直流偏移", "DC offset"),
    "drop_outs": ("丢音", "drop-outs"),
    "dropouts": ("丢音", "drop-outs"),
    "low_snr": ("背景噪声大", "low signal-to-noise ratio"),
    "silent_channel": ("有声音，但没有找到人声；音量", "carries sound, yet no speech was found; level"),
    "little_speech": ("几乎没有找到人声，占通话", "next to no speech was found; share of the call"),
    "level_disagrees": (
        "人声检测与音量不一致，以检测为准；不一致的占比",
        "the speech detector and the level disagree, the detector was believed; share in dispute",
    ),
    "unvoiced_speech": ("沙哑或耳语的人声", "hoarse or whispered speech"),
    "unexplained_sound": ("说不清来源的声音，比人声还多", "unexplained sound, more of it than of speech"),
    "sung_sound": (
        "按音乐或单音算、但可能是人在哼唱的声音",
        "counted as music or tone, but may have been hummed or sung",
    ),
    "snr": ("信噪比", "signal-to-noise ratio"),
    "wada_snr": ("信噪比（WADA）", "signal-to-noise ratio (WADA)"),
    "band_limit": ("有效频带上限", "band limit"),
    "echo": ("回声", "echo"),
    "echo_lag": ("回声延迟", "echo delay"),
    "hum": ("电源哼声", "mains hum"),
    "narrow_band": ("频带过窄，声音发闷", "narrower band than a telephone line"),
    "sampling_rate": ("采样率虚高，由较低的采样率转来", "sampled up from a lower rate"),
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

LAYOUTS: Words = {
    "two_channel": ("双声道", "two channels"),
    "mono": ("单声道", "one channel"),
    "fake_stereo": ("假立体声", "fake stereo"),
    "none": ("无录音（仅文本）", "no sound (text only)"),
}

TIMES: Words = {
    "audio": ("录音", "sound"),
    "transcript": ("文本自带", "transcript"),
    "nominal": ("无时间（按句序）", "none (order only)"),
}

LANGUAGES: Words = {"zh": ("中文", "Chinese"), "en": ("英文", "English")}

ROLES_FROM: Words = {
    "default": ("默认：声道 1 为坐席", "default: channel 1 is the agent"),
    "given": ("按指定", "given"),
    "settings": ("按设置文件", "settings"),
    "manifest": ("按清单", "manifest"),
    "words": ("按通话内容更正", "corrected by what was said"),
    "layout": ("声道未分角色", "not told apart"),
    "diarizer": ("按嗓音分开，先开口的当作坐席", "told apart by voice, the first to speak taken for the agent"),
    "transcript": ("文本自带", "transcript"),
}

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

PLAIN_FINDINGS = frozenset(("fake_stereo", "dead_channel"))
"""Findings whose figure tells a reader nothing."""

GRAVE_FINDINGS = frozenset(
    (
        "mono",
        "fake_stereo",
        "partly_mono",
        "masked",
        "dead_channel",
        "swapped_roles",
        "crosstalk",
        "low_snr",
        "silent_channel",
        "little_speech",
        "level_disagrees",
        "unvoiced_speech",
        "unexplained_sound",
        "sung_sound",
        "clipping",
        "dropouts",
        "truncated",
    )
)

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

WARNINGS: Words = {
    "demo_model": (
        "演示识别模型只认识随包的合成样例，本通话的转写不可采信",
        "the demo recogniser knows only the bundled synthetic samples; do not believe the words of this call",
    ),
    "audio_changed": (
        "录音文件已不是当时质检的那一份，时间对不上，默认不放声音",
        "the recording is no longer the one that was inspected; its times do not hold, and it is not played unless told",
    ),
    "size_unknown": ("文件头没有写明长度，已读到文件末尾", "the header gives no length; read to the end of the file"),
    "recogniser:temperature": (
        "个别语段识别不稳，已重试",
        "some stretches were hard to recognise and were tried again",
    ),
    "recogniser:out_of_bounds": ("个别语段重试后仍不可靠", "some stretches stayed doubtful after trying again"),
    "words_missing": (
        "有人说话的地方没有识别出文字，单独重试后仍然没有；字词类指标按低可靠处理",
        "somebody speaks where no word was recognised, alone and again; figures over words are of low reliability",
    ),
    "recogniser:hallucination": ("去掉了识别器凭空写出的字词", "words the recogniser made up were taken out"),
    "recogniser:repetition": (
        "识别器反复写同一句话，多出的部分已去掉，只留一次",
        "the recogniser wrote the same again and again; it was kept once",
    ),
    "recogniser:unknown_words": (
        "有的字不在识别模型的字表里，没有写出来",
        "some words are not in the recogniser's vocabulary and were left out",
    ),
    "recogniser:times_estimated": (
        "识别服务没有给出字词时间，时间按句段推算，语速等指标按低可靠处理",
        "the recogniser gave no times of words; they were laid over its segments, and figures of them are of low reliability",
    ),
    "recogniser:words_disordered": (
        "识别服务给出的字词先后颠倒，已按时间排好，时间不可全信",
        "the recogniser's words were out of order; they were sorted by their times, which are doubtful",
    ),
    "damaged_packets": ("录音有损坏的数据包，已跳过", "damaged packets in the recording were skipped"),
    "transcript_times_estimated": (
        "文本没有时间，字词时间按语音段推算",
        "the transcript has no times; they were fitted to the speech",
    ),
    "truncated": ("文件不完整，已读出可用部分", "the file is cut short; what could be read was used"),
    "pair_lag": (
        "两个文件不是同时开始的，已按声音对齐",
        "the two files of the call do not begin together; they were aligned by their sound",
    ),
    "pair_drift": (
        "两个文件的时钟快慢不同，越往后越对不齐，未改正",
        "the clocks of the two files of the call run apart; this was not mended",
    ),
    "pair_lengths": (
        "两个文件长短不同，短的一侧补了静音",
        "the two files of the call differ in length; the shorter was filled up",
    ),
    **transcripts.WARNINGS,
}

MINOR_WARNINGS = frozenset(("size_unknown", "recogniser:temperature", "recogniser:hallucination", *transcripts.MINOR))
"""Warnings that change little: on the page and in the table, but not in the lists of calls."""

STRAY: Words = {
    "no_speech_near": ("附近没有检测到说话声", "no speech was found near it"),
    "hallucination": ("识别器凭空写出，已去掉", "made up by the recogniser, taken out"),
    "ivr": ("语音播报，不是任何一方说的", "announced by a machine, not said by either party"),
    **transcripts.STRAY,
}

SILENT_NOTES = frozenset(("dead_air", "silence", "hold", "hold_unannounced", "hold_unthanked", "slow_response"))
"""Notes of evidence in which nobody speaks: the sentence says after whose words."""

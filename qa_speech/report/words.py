"""The words of the report: what each code is called, Chinese first, English second. No logic here.

An unknown code is shown as it is, so a plug-in's metric needs no entry; see `wording`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

Words: TypeAlias = Mapping[str, tuple[str, str]]

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

REASONS: Words = {
    # no figure
    "no_speech": ("录音里没有人说话", "nobody speaks in the recording"),
    "no_words": ("已转写，但没有识别出字词", "recognised, but no words were found"),
    "no_recogniser": ("没有做语音转写", "words were not asked for"),
    "no_times": ("文本没有时间信息", "the transcript has no times"),
    "mono": ("单声道录音，分不出坐席和客户", "one channel: agent and customer cannot be told apart"),
    "no_role": ("该方没有说话", "that party says nothing"),
    "too_short": ("内容太短，不足以判断", "too short to judge"),
    "no_model": ("缺少所需的模型", "the model it needs is not installed"),
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
    "low_reliability": ("所依据的测量可靠性低", "rests on a figure of low reliability"),
    "near_threshold": ("数值接近标准线", "the value is close to the limit"),
    # why a figure is less reliable
    "transcript_times": ("时间来自文本，不是录音", "times come from the transcript, not the sound"),
    "rate_disagrees": ("按转写算的语速与按声音估计的相差很大", "the words and the sound give different speech rates"),
    "dead_channel": ("有一个声道没有声音", "one channel carries no sound"),
    "crosstalk": ("两声道串音", "the channels leak into each other"),
    "low_snr": ("噪声较大", "noisy recording"),
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
    "swapped_roles": ("坐席与客户声道接反", "agent and customer channels swapped"),
    "crosstalk": ("串音：另一方的声音漏到本声道", "crosstalk: the other party leaks into this channel"),
    "crosstalk_lag": ("串音延迟", "crosstalk lag"),
    "level": ("说话音量", "active level"),
    "clipping": ("削波失真", "clipping"),
    "dc_offset": ("直流偏移", "DC offset"),
    "drop_outs": ("丢音", "drop-outs"),
    "dropouts": ("丢音", "drop-outs"),
    "low_snr": ("背景噪声大", "low signal-to-noise ratio"),
    "snr": ("信噪比", "signal-to-noise ratio"),
    "wada_snr": ("信噪比（WADA）", "signal-to-noise ratio (WADA)"),
    "band_limit": ("有效频带上限", "band limit"),
    "echo": ("回声", "echo"),
    "echo_lag": ("回声延迟", "echo delay"),
    "hum": ("电源哼声", "mains hum"),
    "upsampled": ("采样率是抬高过的，高频没有内容", "sampled up: nothing in the upper band"),
    "rate": ("标称采样率与实际频带不符", "claimed sampling rate exceeds the real band"),
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
    "speech_fast": ("语速过快，这一段 {}", "too fast, a stretch of {}"),
    "speech_slow": ("语速过慢，这一段 {}", "too slow, a stretch of {}"),
    "longest_monologue": ("连续说了 {}", "spoke for {} on end"),
    "level_jump": ("音量突变", "sudden change of level"),
    "raised_voice": ("提高嗓门", "raised voice"),
    # absence
    "phrase_missing": ("", ""),
    "phrase_avoided": ("", ""),
    "entity_missing": ("", ""),
    "similar_missing": ("", ""),
    "repeat_missing": ("", ""),
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
    "ivr": ("语音菜单", "IVR prompt"),
    "noise": ("噪声", "noise"),
}

METRICS: Words = {
    "talk": ("说话时长", "talk time"),
    "turns": ("话轮", "turns"),
    "silence": ("静音次数", "silences"),
    "overlap": ("重叠", "overlap"),
    "interruption": ("抢话次数", "interruptions"),
    "response": ("应答间隔", "response latency"),
    "hold": ("等待次数", "holds"),
    "speech_rate": ("语速", "speech rate"),
    "voice": ("音量", "level"),
    "recording": ("录音问题", "faults of the recording"),
    "politeness": ("礼貌", "politeness"),
    "violations": ("服务禁语", "violations"),
    "depth": ("回答深度", "answer depth"),
}

COMPONENTS: Words = {
    "count": ("次数", "count"),
    "total_s": ("合计", "total"),
    "share": ("占通话", "share of call"),
    "call_s": ("通话时长", "call length"),
    "min_s": ("最短", "shortest"),
    "mean_s": ("平均", "mean"),
    "p50_s": ("中位数", "median"),
    "p90_s": ("90% 不超过", "90th percentile"),
    "longest_s": ("最长", "longest"),
    "lead_s": ("开口前", "before the first word"),
    "tail_s": ("说完后", "after the last word"),
    "per_min": ("每分钟", "per minute"),
    # talk and turns
    "talk_s": ("说话", "speech"),
    "speech_s": ("双方说话合计", "speech of both"),
    "active_s": ("有人说话", "somebody speaks"),
    "share_of_call": ("占通话", "share of call"),
    "share_of_speech": ("占全部说话", "share of speech"),
    "role_changes": ("换手次数", "role changes"),
    "rallies_per_min": ("每分钟换手", "role changes per minute"),
    # overlap
    "interruption_count": ("抢话", "interruptions"),
    "interruption_attempt_count": ("抢话未成", "attempted interruptions"),
    "backchannel_count": ("附和", "backchannels"),
    "simultaneous_start_count": ("同时开口", "simultaneous starts"),
    "brief_count": ("短暂重叠", "brief overlaps"),
    "success_count": ("得手", "successful"),
    "attempt_count": ("未成", "attempted"),
    "turns": ("话轮数", "turns"),
    "interrupting_turns": ("抢话的话轮", "interrupting turns"),
    "overtalk_share": ("抢话占话轮", "overtalk"),
    # response and hold
    "slow_count": ("偏慢次数", "slow"),
    "slow_share": ("偏慢占比", "share slow"),
    "overlapped_count": ("未等说完", "before the end"),
    "held_count": ("因等待未计", "left out: announced hold"),
    "first_word_s": ("首次开口", "first word"),
    "announced_count": ("事先说明", "announced"),
    "unannounced_count": ("没有说明", "not announced"),
    "thanked_count": ("之后致谢", "thanked for"),
    "unthanked_count": ("没有致谢", "not thanked for"),
    "longest_unannounced_s": ("最长一次没有说明", "longest not announced"),
    # speech rate
    "syllables": ("字数", "syllables"),
    "utterance_s": ("说话时间（含停顿）", "utterances"),
    "phonation_s": ("发声时间", "phonation"),
    "articulation_rate": ("发音速率（音节/秒）", "articulation rate (syllables/s)"),
    "judged_count": ("参与判断的句数", "utterances judged"),
    "min_rate": ("最慢一句", "slowest utterance"),
    "p50_rate": ("中位数", "median"),
    "p90_rate": ("90% 不超过", "90th percentile"),
    "max_rate": ("最快一句", "fastest utterance"),
    "fast_count": ("过快句数", "too fast"),
    "fast_share": ("过快占比", "share too fast"),
    "estimated_rate": ("按音节峰估计", "estimated from the sound"),
    "estimate_ratio": ("转写与估计之比", "words to estimate"),
    "ratio_to_other": ("与对方语速之比", "ratio to the other"),
    # voice
    "level_db": ("音量", "level"),
    "level_p50_db": ("音量中位数", "median level"),
    "level_spread_db": ("音量起伏", "spread of level"),
    "f0_hz": ("音高", "pitch"),
    "f0_range_st": ("音高范围", "pitch range"),
    "utterance_count": ("句数", "utterances"),
    "jump_count": ("音量突变", "level jumps"),
    "rise_count": ("突然变响", "sudden rises"),
    "largest_jump_db": ("最大突变", "largest jump"),
    "raised_count": ("提高嗓门", "raised voice"),
    "raised_s": ("提高嗓门时长", "raised voice, time"),
    # recording
    "snr_db": ("信噪比", "signal-to-noise ratio"),
    "wada_snr_db": ("信噪比（WADA）", "signal-to-noise ratio (WADA)"),
    "clipping_share": ("削波占比", "share clipped"),
    "dc_share": ("直流偏移", "DC offset"),
    "echo_db": ("回声", "echo"),
    "echo_ms": ("回声延迟", "echo delay"),
    "hum_db": ("电源哼声", "mains hum"),
    "band_hz": ("有效频带上限", "band limit"),
    "crosstalk_db": ("串音", "crosstalk"),
    "crosstalk_ms": ("串音延迟", "crosstalk lag"),
    "level_difference_db": ("两方音量差", "difference of level"),
    "dropouts": ("丢音处数", "drop-outs"),
    "sampling_hz": ("采样率", "sampling rate"),
    "dead_count": ("无声声道", "dead channels"),
    "fake_count": ("假立体声", "fake stereo"),
    "noise_count": ("噪声大的声道", "noisy channels"),
    "clipping_count": ("削波的声道", "clipped channels"),
    "dropout_count": ("丢音的声道", "channels with drop-outs"),
    "echo_count": ("有回声的声道", "channels with echo"),
    "hum_count": ("有哼声的声道", "channels with hum"),
    "crosstalk_count": ("串音的声道", "channels with crosstalk"),
    "raised_share": ("提高嗓门占比", "raised voice, share"),
}

UNITS: Words = {
    "s": ("秒", "s"),
    "ms": ("毫秒", "ms"),
    "count": ("次", ""),
    "share": ("%", "%"),
    "per min": ("次/分", "per min"),
    "字/分": ("字/分", "syllables/min"),
    "syllables/s": ("音节/秒", "syllables/s"),
    "st": ("半音", "semitones"),
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
    "transcript": ("文本自带", "transcript"),
}

SEVERITIES: Words = {
    "minor": ("轻微差错", "minor"),
    "major": ("一般差错", "major"),
    "critical": ("严重差错", "critical"),
}

METADATA: Words = {
    "agent": ("坐席", "Agent"),
    "agent_id": ("工号", "Agent number"),
    "team": ("班组", "Team"),
    "queue": ("队列", "Queue"),
    "started_at": ("开始时间", "Started at"),
    "direction": ("呼叫方向", "Direction"),
}

PLAIN_FINDINGS = frozenset(("fake_stereo", "dead_channel"))
"""Findings whose figure tells a reader nothing."""

GRAVE_FINDINGS = frozenset(
    (
        "mono",
        "fake_stereo",
        "dead_channel",
        "swapped_roles",
        "crosstalk",
        "low_snr",
        "clipping",
        "dropouts",
        "truncated",
    )
)

# 坐席 + 静音 …: the beginnings of components that exist for each role, kind or state
COMPONENT_PARTS: Words = {
    "agent": ("坐席", "agent"),
    "customer": ("客户", "customer"),
    "pause": ("停顿", "pauses"),
    "gap": ("换人间隔", "gaps"),
    "hold": ("等待", "holds"),
    "announced": ("已说明", "announced"),
    "unannounced": ("未说明", "not announced"),
    "excused": ("可免责", "excused"),
}

FIGURES: Words = {
    "silence.count": ("静音次数", "silences"),
    "silence.longest_s": ("最长静音", "longest silence"),
    "silence.total_s": ("静音合计", "total silence"),
    "silence.share": ("静音占通话", "silence, share of the call"),
    "response": ("应答间隔（中位数）", "median response latency"),
    "response.longest_s": ("最长应答间隔", "longest response latency"),
    "response.first_word_s": ("首次开口", "first word after"),
    "interruption.count": ("抢话", "interruptions"),
    "interruption": ("抢话", "interruptions"),
    "hold.count": ("等待", "holds"),
    "hold.longest_s": ("最长等待", "longest hold"),
    "hold.unannounced_count": ("没有说明的等待", "holds not announced"),
    "hold.unthanked_count": ("没有致谢的等待", "holds not thanked for"),
    "hold.announced_count": ("说明过的等待", "holds announced"),
    "talk.share_of_call": ("说话占通话", "talk, share of the call"),
    "talk.share_of_speech": ("说话占双方说话", "talk, share of all speech"),
    "voice.raised_count": ("提高嗓门", "raised voice"),
}

ENTITIES: Words = {
    "phone": ("电话号码", "phone number"),
    "amount": ("金额", "amount"),
    "date": ("日期时间", "date"),
    "id": ("证件号", "identity number"),
}

SIDES: Words = {"after": ("之后", "After"), "before": ("之前", "Before"), "around": ("前后", "Around")}

WARNINGS: Words = {
    "demo_model": (
        "演示识别模型只认识随包的合成样例，本通话的转写不可采信",
        "the demo recogniser knows only the bundled synthetic samples; do not believe the words of this call",
    ),
    "damaged_packets": ("录音有损坏的数据包，已跳过", "damaged packets in the recording were skipped"),
    "transcript_times_estimated": (
        "文本没有时间，字词时间按语音段推算",
        "the transcript has no times; they were fitted to the speech",
    ),
    "truncated": ("文件不完整，已读出可用部分", "the file is cut short; what could be read was used"),
}

SILENT_NOTES = frozenset(("dead_air", "silence", "hold", "hold_unannounced", "hold_unthanked", "slow_response"))
"""Notes of evidence in which nobody speaks: the sentence says after whose words."""

WITHOUT_PLACE = frozenset(("response.first_word_s", "silence.lead_s", "silence.tail_s"))
"""Figures that the evidence of their metric says nothing about."""

HIGHLIGHTS: Mapping[str, tuple[str, ...]] = {
    "talk": ("share_of_call", "share_of_speech"),
    "turns": ("agent_count", "customer_count", "agent_longest_s"),
    "silence": ("total_s", "longest_s", "share"),
    "overlap": ("count", "share_of_speech"),
    "interruption": ("success_count", "overtalk_share"),
    "response": ("p90_s", "longest_s", "first_word_s"),
    "hold": ("longest_s", "announced_count", "thanked_count"),
    "speech_rate": ("max_rate", "articulation_rate"),
    "recording": ("snr_db", "crosstalk_db"),
    "voice": ("f0_hz", "f0_range_st", "raised_count"),
}
"""Components shown under a metric's value; the rest is one click away."""

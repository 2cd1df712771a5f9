"""What the figures are called: metrics, their components and units; Chinese first, English second. No logic here."""

from __future__ import annotations

from collections.abc import Mapping

from qa_speech.report.words import Words

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

WITHOUT_PLACE = frozenset(("response.first_word_s", "silence.lead_s", "silence.tail_s"))
"""Figures that the evidence of their metric says nothing about."""

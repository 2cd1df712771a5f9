"""The words for recordings: what the channel doctor found, how channels are laid out, what went wrong in reading and recognising.

Chinese first, English second. No logic here; what is said of transcripts alone stands in `transcripts`.
"""

from __future__ import annotations

from qa_speech.wording import transcripts
from qa_speech.wording.lang import Words

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
    "unexplained_sound": ("很多说不清来源的声音", "much sound that nothing explains"),
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

LAYOUTS: Words = {
    "two_channel": ("双声道", "two channels"),
    "mono": ("单声道", "one channel"),
    "fake_stereo": ("假立体声", "fake stereo"),
    "none": ("无录音（仅文本）", "no sound (text only)"),
}

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

"""What readers of transcripts warn of, as sentences: what was mended, what is doubtful, who speaks."""

from __future__ import annotations

from qa_speech.wording.lang import Words

WARNINGS: Words = {
    "transcript_spans_mended": (
        "有句子的起止时间与其中字词的时间不符，已按字词时间改正",
        "lines whose times disagree with those of their words were given the times of their words",
    ),
    "transcript_ends_estimated": (
        "有句子没有结束时间，或结束不晚于开始，结束时间为推算",
        "lines end before they start, or have no end; their ends are estimates",
    ),
    "transcript_lines_untimed": (
        "有句子没有时间，按前后句推算",
        "lines without times were placed between their neighbours",
    ),
    "transcript_times_unused": (
        "只有少数句子有时间，未采用，本通话只保留先后次序",
        "only few lines have times; they are not used and only the order is kept",
    ),
    "transcript_words_outside": (
        "有句子的字词时间全在句子之外，未采用",
        "word times that lie wholly outside their lines are not used",
    ),
    "transcript_words_disordered": (
        "有句子的字词时间前后颠倒，未采用",
        "word times that run backwards are not used",
    ),
    "transcript_words_untimed": (
        "有字词没有可用的时间，按前后字词推算",
        "words without usable times were placed between their neighbours",
    ),
    "transcript_words_differ": (
        "有句子的文本与所列字词不同，以文本为准，字词时间为推算",
        "lines whose text differs from their words: the text counts, the times of its words are estimates",
    ),
    "transcript_stamps_differ": (
        "有句子的时间戳个数与字数不符，未采用，字词时间为推算",
        "time stamps that do not match the characters are not used; the times of words are estimates",
    ),
    "transcript_overlaps": (
        "同一说话人的句子在时间上重叠，时间不可靠",
        "lines of one speaker overlap; their times are doubtful",
    ),
    "transcript_too_fast": (
        "有句子的时间短得不可能说完，时间不可靠",
        "lines are too short for what is said in them; their times are doubtful",
    ),
    "transcript_over_silence": (
        "有句子的时间远长于所说内容，时间不可靠",
        "lines are far longer than what is said in them; their times are doubtful",
    ),
    "transcript_before_start": (
        "有句子的开始时间为负，已改为 0",
        "lines that start before the call were set to its start",
    ),
    "transcript_disordered": (
        "同一说话人的句子没有按时间排列，已重新排序",
        "lines of one speaker do not stand in the order of their times; they were sorted",
    ),
    "transcript_loops": (
        "去掉了识别器循环重复的内容",
        "what a recogniser repeated without end was taken out",
    ),
    "transcript_made_up": (
        "去掉了识别器凭空写出的字幕用语",
        "subtitle credits that a recogniser made up were taken out",
    ),
    "transcript_longer_than_recording": (
        "文本比录音长，可能不是同一通话",
        "the transcript goes on after the recording ends; it may belong to another call",
    ),
    "transcript_does_not_fit": (
        "文本中许多字词所在的时间没有人说话，可能不是同一通话，或时间有偏移",
        "many words lie where nobody speaks; the transcript may belong to another call, or its times are shifted",
    ),
    "roles_unknown": (
        "分不清哪一方是坐席、哪一方是客户，凭内容也无法判断",
        "nothing tells who is the agent and who the customer, nor do their words",
    ),
    "third_speaker": (
        "有第三人说话，不计入坐席和客户（句数）",
        "a third person speaks; his lines count for neither party",
    ),
    "said_on_both_channels": (
        "两个声道是同一个声音的那一段，文本把同一句记了两次，只留一次，不算哪一方说的（句数）",
        "lines that stand twice, once for each channel, where both carry one signal: kept once, and neither party's",
    ),
    "lines_without_role": (
        "有句子不知是谁说的，未计入任何一方（句数）",
        "lines of which nothing tells who says them count for neither party",
    ),
    "lines_without_speech": (
        "有句子没有标说话人，所在时间也没有人说话，未计入任何一方（句数）",
        "lines without a speaker, where nobody speaks, count for neither party",
    ),
    "words_without_speech": (
        "有字词附近没有检测到说话声，单独列出（字词数）",
        "words near which no speech was found are kept apart",
    ),
    "placed_by_sound": (
        "有句子没有标说话人，按录音中谁在说话归属（句数）",
        "lines without a speaker were given to whoever speaks at that time",
    ),
    "placed_likely": (
        "其中有字词的归属没有把握，以此为据的判定须人工复核（字词数）",
        "words of which it is no more than likely whose they are; what rests on them waits for a person",
    ),
}

MINOR = frozenset(("transcript_words_untimed", "placed_by_sound", "words_without_speech"))
"""Warnings that change little."""

STRAY: Words = {
    "repetition": ("识别器循环重复，已去掉", "repeated by the recogniser without end, taken out"),
    "third_speaker": ("第三人所说", "said by a third person"),
    "said_on_both_channels": ("另一个声道里的同一句", "the same line of the other channel"),
    "no_role": ("不知是谁说的", "nothing tells who said it"),
}

"""The same two lines as every format of transcripts writes them, in the shapes that their makers document.

1.0–3.0 s   agent      您好，工号一零零一
3.5–5.25 s  customer   我想查话费
"""

import json
from pathlib import Path

AGENT = "您好，工号一零零一"
CUSTOMER = "我想查话费"
STARTS = (1.0, 3.5)
ENDS = (3.0, 5.25)


def stamps(text: str, start: int, end: int) -> list[tuple[str, int, int]]:
    """The characters of a text without punctuation, each with start and end in ms, back to back."""
    said = [char for char in text if char not in "，。"]
    step = (end - start) // len(said)
    places = [start + step * number for number in range(len(said))]
    return list(zip(said, places, [*places[1:], end], strict=True))


SAID = ((AGENT, 1000, 3000), (CUSTOMER, 3500, 5250))
WORDS = tuple(stamps(*line) for line in SAID)

TURNS_MS = {
    "dialogue": [
        {"channelId": 0, "beginTime": 1000, "endTime": 3000, "content": AGENT},
        {"channelId": 1, "beginTime": 3500, "endTime": 5250, "content": CUSTOMER},
    ]
}
OPENAI_DIARIZED = {
    "task": "transcribe", "duration": 6.0, "text": AGENT + CUSTOMER,
    "segments": [
        {"type": "transcript.text.segment", "id": "s0", "start": 1.0, "end": 3.0, "text": AGENT, "speaker": "A"},
        {"type": "transcript.text.segment", "id": "s1", "start": 3.5, "end": 5.25, "text": CUSTOMER, "speaker": "B"},
    ],
    "usage": {"type": "duration", "seconds": 6},
}  # fmt: skip
OPENAI_WORDS = {
    "task": "transcribe", "language": "chinese", "duration": 6.0, "text": AGENT + CUSTOMER,
    "segments": [
        {"id": number, "seek": 0, "start": start / 1000, "end": end / 1000, "text": text, "tokens": [1], "temperature": 0.0,
         "avg_logprob": -0.7, "compression_ratio": 1.1, "no_speech_prob": 0.01, "speaker": f"SPEAKER_0{number}"}
        for number, (text, start, end) in enumerate(SAID)
    ],
    "words": [
        {"word": word, "start": start / 1000, "end": end / 1000} for line in WORDS for word, start, end in line
    ],
}  # fmt: skip
WHISPER_CPP = {
    "systeminfo": "AVX = 1", "model": {"type": "large"}, "params": {"language": "zh"}, "result": {"language": "zh"},
    "transcription": [
        {"timestamps": {"from": "00:00:01,000", "to": "00:00:03,000"}, "offsets": {"from": 1000, "to": 3000},
         "text": f" {AGENT}", "speaker": "0",
         "tokens": [{"text": "[_BEG_]", "offsets": {"from": 0, "to": 0}, "id": 50365, "p": 0.9},
                    {"text": AGENT, "offsets": {"from": 1000, "to": 3000}, "id": 1, "p": 0.6, "t_dtw": -1}]},
        {"timestamps": {"from": "00:00:03,500", "to": "00:00:05,250"}, "offsets": {"from": 3500, "to": 5250},
         "text": f" {CUSTOMER}", "speaker": "1"},
    ],
}  # fmt: skip
FUNASR_SERVER = {
    "mode": "offline", "wav_name": "a", "is_final": True, "text": f"{AGENT}，{CUSTOMER}。",
    "timestamp": json.dumps([[start, end] for line in WORDS for _, start, end in line]),
    "stamp_sents": [
        {"text_seg": " ".join(word for word, _, _ in line), "punc": "。", "start": start, "end": end,
         "ts_list": [[first, last] for _, first, last in line]}
        for (_, start, end), line in zip(SAID, WORDS, strict=True)
    ],
}  # fmt: skip
_AMAZON_ITEMS = [
    [{"id": place, "type": "pronunciation", "alternatives": [{"confidence": "0.9", "content": word}],
      "start_time": str(start / 1000), "end_time": str(end / 1000), "speaker_label": f"spk_{number}"}
     for place, (word, start, end) in enumerate(line)]
    for number, line in enumerate(WORDS)
]  # fmt: skip
_COMMA = {"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": "，"}], "speaker_label": "spk_0"}
AMAZON = {
    "jobName": "call", "accountId": "1", "status": "COMPLETED",
    "results": {
        "transcripts": [{"transcript": AGENT + CUSTOMER}],
        "speaker_labels": {
            "channel_label": "ch_0", "speakers": 2,
            "segments": [
                {"start_time": items[0]["start_time"], "end_time": items[-1]["end_time"],
                 "speaker_label": items[0]["speaker_label"],
                 "items": [{key: item[key] for key in ("start_time", "end_time", "speaker_label")} for item in items]}
                for items in _AMAZON_ITEMS
            ],
        },
        "items": [*_AMAZON_ITEMS[0][:2], _COMMA, *_AMAZON_ITEMS[0][2:], *_AMAZON_ITEMS[1]],
    },
}  # fmt: skip
AMAZON_CHANNELS = {
    "jobName": "call",
    "results": {
        "transcripts": [{"transcript": AGENT + CUSTOMER}],
        "channel_labels": {
            "number_of_channels": 2,
            "channels": [
                {"channel_label": f"ch_{number}",
                 "items": [{key: item[key] for key in item if key != "speaker_label"} for item in items]}
                for number, items in enumerate(_AMAZON_ITEMS)
            ],
        },
        "items": [],
    },
}  # fmt: skip
CONTACT_LENS = {
    "Version": "1.1.0", "AccountId": "1", "Channel": "VOICE", "JobStatus": "COMPLETED", "LanguageCode": "zh-CN",
    "Participants": [{"ParticipantId": "1", "ParticipantRole": "AGENT"}, {"ParticipantId": "2", "ParticipantRole": "CUSTOMER"}],
    "Transcript": [
        {"Id": f"t{number}", "ParticipantId": str(number + 1), "Content": text, "BeginOffsetMillis": start,
         "EndOffsetMillis": end, "Sentiment": "NEUTRAL", "LoudnessScore": [70.1]}
        for number, (text, start, end) in enumerate(SAID)
    ],
}  # fmt: skip
CALL_ANALYTICS = {
    "JobStatus": "COMPLETED", "LanguageCode": "zh-CN", "CallAnalyticsJobName": "a",
    "Participants": [{"ParticipantRole": "AGENT"}, {"ParticipantRole": "CUSTOMER"}],
    "Transcript": [
        {"Id": f"t{number}", "ParticipantRole": role, "Content": text, "BeginOffsetMillis": start, "EndOffsetMillis": end,
         "Items": [{"Content": word, "Confidence": "0.99", "BeginOffsetMillis": first, "EndOffsetMillis": last}
                   for word, first, last in WORDS[number]]}
        for number, (role, (text, start, end)) in enumerate(zip(("AGENT", "CUSTOMER"), SAID, strict=True))
    ],
}  # fmt: skip


def _azure(number: int) -> dict[str, object]:
    text, start, end = SAID[number]
    words = [
        {"word": word, "offset": f"PT{first / 1000}S", "duration": f"PT{(last - first) / 1000}S",
         "offsetInTicks": first * 10_000.0, "durationInTicks": (last - first) * 10_000.0, "confidence": 0.8}
        for word, first, last in WORDS[number]
    ]  # fmt: skip
    return {
        "recognitionStatus": "Success", "channel": number, "offset": f"PT{start / 1000}S",
        "duration": f"PT{(end - start) / 1000}S", "offsetInTicks": start * 10_000.0,
        "durationInTicks": (end - start) * 10_000.0,
        "nBest": [{"confidence": 0.85, "lexical": text, "itn": text, "maskedITN": text, "display": text, "words": words}],
    }  # fmt: skip


AZURE = {
    "source": "https://example.invalid/a.wav", "timestamp": "2026-01-05T09:30:00Z", "durationInTicks": 60_000_000.0,
    "duration": "PT6S",
    "combinedRecognizedPhrases": [{"channel": 0, "display": AGENT}, {"channel": 1, "display": CUSTOMER}],
    "recognizedPhrases": [_azure(0), _azure(1), {"recognitionStatus": "NoMatch", "channel": 1, "offset": "PT6S",
                                                 "duration": "PT0S", "nBest": []}],
}  # fmt: skip
AZURE_FAST = {
    "durationMilliseconds": 6000, "combinedPhrases": [{"text": AGENT + CUSTOMER}],
    "phrases": [
        {"speaker": number + 1, "offsetMilliseconds": start, "durationMilliseconds": end - start, "text": text,
         "words": [{"text": word, "offsetMilliseconds": first, "durationMilliseconds": last - first}
                   for word, first, last in WORDS[number]],
         "locale": "zh-CN", "confidence": 0.8}
        for number, (text, start, end) in enumerate(SAID)
    ],
}  # fmt: skip
ALIYUN = {
    "TaskId": "1", "RequestId": "2", "StatusText": "SUCCESS", "BizDuration": 6000, "SolveTime": 1, "StatusCode": 21050000,
    "Result": {
        "Sentences": [
            {"EndTime": end, "SilenceDuration": 0, "BeginTime": start, "Text": text, "ChannelId": number,
             "SpeechRate": 200, "EmotionValue": 6.0}
            for number, (text, start, end) in enumerate(SAID)
        ],
        "Words": [{"Word": word, "BeginTime": first, "EndTime": last, "ChannelId": number}
                  for number, line in enumerate(WORDS) for word, first, last in line],
    },
}  # fmt: skip
PARAFORMER = {
    "file_url": "https://example.invalid/a.wav", "properties": {"channels": [0, 1], "original_sampling_rate": 8000},
    "transcripts": [
        {"channel_id": number, "content_duration_in_milliseconds": 2000, "text": text,
         "sentences": [{"begin_time": start, "end_time": end, "text": text, "sentence_id": 1,
                        "words": [{"begin_time": first, "end_time": last, "text": word, "punctuation": ""}
                                  for word, first, last in WORDS[number]]}]}
        for number, (text, start, end) in enumerate(SAID)
    ],
}  # fmt: skip
TINGWU = {
    "TaskId": "1",
    "Transcription": {
        "AudioInfo": {"Duration": 6000, "SampleRate": 8000, "Language": "cn"},
        "Paragraphs": [
            {"ParagraphId": f"p{number}", "SpeakerId": str(number + 1),
             "Words": [{"Id": place, "SentenceId": number, "Start": first, "End": last, "Text": word}
                       for place, (word, first, last) in enumerate(line)]}
            for number, line in enumerate(WORDS)
        ],
    },
}  # fmt: skip
TENCENT = {
    "Response": {
        "RequestId": "r",
        "Data": {
            "TaskId": 9, "Status": 2, "StatusStr": "success", "AudioDuration": 6.0, "ErrorMsg": "",
            "Result": f"[0:1.000,0:3.000,0]  {AGENT}\n[0:3.500,0:5.250,1]  {CUSTOMER}\n",
            "ResultDetail": [
                {"FinalSentence": text, "SliceSentence": text, "StartMs": start, "EndMs": end, "WordsNum": len(WORDS[number]),
                 "Words": [{"Word": word, "OffsetStartMs": first - start, "OffsetEndMs": last - start}
                           for word, first, last in WORDS[number]],
                 "SpeechSpeed": 4.0, "SpeakerId": number, "EmotionalEnergy": 0, "SilenceTime": 0}
                for number, (text, start, end) in enumerate(SAID)
            ],
        },
    }
}  # fmt: skip
TENCENT_ROWS = {
    "Data": {"TaskId": 9, "Status": 2, "Result": TENCENT["Response"]["Data"]["Result"], "ResultDetail": None}
}  # type: ignore[index]
_IFLYTEK_FIRST = [
    {"bg": str(start), "ed": str(end), "onebest": text, "si": str(number), "speaker": str(number + 1),
     "wordsResultList": [{"alternativeList": [], "wc": "0.9000", "wordBg": str((first - start) // 10),
                          "wordEd": str((last - start) // 10), "wordsName": word, "wp": "n"}
                         for word, first, last in WORDS[number]]}
    for number, (text, start, end) in enumerate(SAID)
]  # fmt: skip
IFLYTEK = {"ok": 0, "err_no": 0, "failed": None, "data": json.dumps(_IFLYTEK_FIRST, ensure_ascii=False)}


def _lattice(number: int) -> dict[str, str]:
    _, start, end = SAID[number]
    words = [
        {"cw": [{"w": word, "wp": "n", "wc": "0.9"}], "wb": (first - start) // 10, "we": (last - start) // 10}
        for word, first, last in WORDS[number]
    ]
    if not number:
        words.insert(2, {"cw": [{"w": "，", "wp": "p", "wc": "0.0"}], "wb": 0, "we": 0})
    sentence = {
        "st": {"sc": "0.00", "pa": "0", "bg": str(start), "ed": str(end), "rl": str(number + 1), "rt": [{"ws": words}]}
    }
    return {"json_1best": json.dumps(sentence, ensure_ascii=False)}


_ORDER = {
    "lattice": [_lattice(0), _lattice(1)],
    "label": {"rl_track": [{"rl": "1", "track": "L"}, {"rl": "2", "track": "R"}]},
}
IFLYTEK_LATTICE = {
    "code": "000000", "descInfo": "success",
    "content": {"orderInfo": {"orderId": "1", "status": 4}, "orderResult": json.dumps(_ORDER, ensure_ascii=False)},
}  # fmt: skip


def _google(number: int, names: tuple[str, str]) -> list[dict[str, object]]:
    first_key, last_key = names
    return [
        {first_key: f"{first / 1000}s", last_key: f"{last / 1000}s", "word": word, "confidence": 0.8}
        for word, first, last in WORDS[number]
    ]


GOOGLE = {
    "response": {
        "@type": "type.googleapis.com/google.cloud.speech.v1.LongRunningRecognizeResponse",
        "results": [
            {"alternatives": [{"transcript": text, "confidence": 0.9, "words": _google(number, ("startTime", "endTime"))}],
             "channelTag": number + 1, "resultEndTime": f"{end / 1000}s", "languageCode": "cmn-hans-cn"}
            for number, (text, _, end) in enumerate(SAID)
        ],
    }
}  # fmt: skip
GOOGLE_V2 = {
    "results": [
        {"alternatives": [{"transcript": text, "confidence": 0.9,
                           "words": [{**word, "speakerLabel": str(number + 1)}
                                     for word in _google(number, ("startOffset", "endOffset"))]}],
         "resultEndOffset": f"{end / 1000}s", "languageCode": "cmn-Hans-CN"}
        for number, (text, _, end) in enumerate(SAID)
    ]
}  # fmt: skip
GOOGLE_SPEAKERS = {
    "results": [
        {"alternatives": [{"transcript": AGENT + CUSTOMER, "words": [*_google(0, ("startTime", "endTime")),
                                                                     *_google(1, ("startTime", "endTime"))]}]},
        {"alternatives": [{"words": [{**word, "speakerTag": number + 1}
                                     for number in (0, 1) for word in _google(number, ("startTime", "endTime"))]}]},
    ]
}  # fmt: skip
CTM = ";; words\n" + "".join(
    f"call {'AB'[number]} {first / 1000:.3f} {(last - first) / 1000:.3f} {word} 0.9\n"
    for number, line in enumerate(WORDS)
    for word, first, last in line
)
HEADED = f"发言人1 00:01\n{AGENT}\n\n发言人2 00:03.5\n{CUSTOMER}\n"
WHISPER_SRT = (
    f"1\n00:00:01,000 --> 00:00:03,000\n[SPEAKER_00]: {AGENT}\n\n"
    f"2\n00:00:03,500 --> 00:00:05,250\n[SPEAKER_01]: {CUSTOMER}\n"
)

JSON_FORMATS: dict[str, tuple[object, str]] = {
    "turns-ms": (TURNS_MS, "turns"),
    "openai-diarized": (OPENAI_DIARIZED, "whisperx"),
    "openai-words": (OPENAI_WORDS, "whisperx"),
    "whisper-cpp": (WHISPER_CPP, "whisper_cpp"),
    "amazon": (AMAZON, "amazon_transcribe"),
    "amazon-channels": (AMAZON_CHANNELS, "amazon_transcribe"),
    "contact-lens": (CONTACT_LENS, "amazon_contact_lens"),
    "call-analytics": (CALL_ANALYTICS, "amazon_contact_lens"),
    "azure": (AZURE, "azure"),
    "azure-fast": (AZURE_FAST, "azure"),
    "aliyun": (ALIYUN, "aliyun"),
    "paraformer": (PARAFORMER, "aliyun_paraformer"),
    "tingwu": (TINGWU, "aliyun_tingwu"),
    "tencent": (TENCENT, "tencent"),
    "tencent-rows": (TENCENT_ROWS, "tencent"),
    "iflytek": (IFLYTEK, "iflytek"),
    "iflytek-list": (_IFLYTEK_FIRST, "iflytek"),
    "iflytek-lattice": (IFLYTEK_LATTICE, "iflytek_lattice"),
    "google": (GOOGLE, "google"),
    "google-v2": (GOOGLE_V2, "google"),
    "google-speakers": (GOOGLE_SPEAKERS, "google"),
}
"""Documents that tell who speaks, and the name of their format."""
STAMPED = f"[00:00:01 - 00:00:03] 坐席：{AGENT}\n[客户 00:03.5-00:05.25] {CUSTOMER}\n"
TEXT_FORMATS = {
    "a.ctm": (CTM, "ctm"), "a.txt": (HEADED, "headed"), "b.txt": (STAMPED, "stamped"), "a.srt": (WHISPER_SRT, "cues"),
}  # fmt: skip


def write(folder: Path, name: str, content: object) -> Path:
    """A transcript as a file."""
    path = folder / name
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    path.write_text(text, encoding="utf-8")
    return path

"""The labels of the page of coaching clips, and why a clip has no sound; Chinese first, English second. No logic here."""

from __future__ import annotations

from qa_speech.wording.lang import Words

LABELS: Words = {
    "title": ("辅导片段", "Coaching clips"),
    "worst": ("反例", "What went wrong"),
    "best": ("正例", "What went well"),
    "clips": ("个片段", "clips"),
    "without": ("个没有声音", "without sound"),
    "masked_on": ("客户信息已遮蔽", "Customers' data masked"),
    "masked_off": ("客户信息未遮蔽，请勿外放", "Customers' data is NOT masked: do not play to others"),
    "all": ("全部项目", "All criteria"),
    "both": ("正例和反例", "Both"),
    "call": ("录音", "Call"),
    "agent": ("坐席", "Agent"),
    "total": ("总分", "Total"),
    "points": ("得分", "Points"),
    "note": ("讲评备注", "Trainer's note"),
    "note_hint": ("先存在本机浏览器里，下载备注文件才能交给别人", "Kept in this browser until you download the notes"),
    "export": ("下载备注文件", "Download notes"),
    "unsaved": ("条未存", "not in a file"),
    "import": (
        "备注文件存到片段旁边，以后的网页都会显示：qa-speech clips notes import notes.csv --to 片段目录",
        "To keep the file with the clips, where later pages show it: qa-speech clips notes import notes.csv --to FOLDER",
    ),
    "silent": ("没有声音的片段", "Clips without sound"),
    "play": ("播放", "Play"),
    "pause": ("暂停", "Pause"),
    "previous": ("上一个", "Previous"),
    "next": ("下一个", "Next"),
    "through": ("连续播放", "Play through"),
    "keys": (
        "空格 播放/暂停 · ↑ ↓ 上一个/下一个 · ← → 退/进 3 秒 · E 写备注 · Esc 离开备注",
        "space play/pause · ↑ ↓ previous/next · ← → 3 s back/on · E write a note · Esc leave it",
    ),
    "filter": ("筛选", "Filter"),
    "speed": ("倍速", "Speed"),
    "seconds": ("秒", "s"),
    "stretches": ("处已消音", "masked"),
    "wide": ("（文本没有字词时间，整段消音）", " (whole cues: the transcript does not time its words)"),
    "empty": ("没有符合条件的片段", "No such moments"),
    "gone": ("声音放不出来：文件不在网页旁边的 audio 目录里。", "No sound: the file is not in the folder audio beside this page."),
}  # fmt: skip
HEADS: Words = {
    "number": ("序号", "number"),
    "side": ("正例或反例", "side"),
    "criterion": ("评分项编号", "criterion"),
    "title": ("评分项", "title"),
    "outcome": ("结果", "outcome"),
    "points": ("得分", "points"),
    "possible": ("满分", "possible"),
    "call": ("录音编号", "call"),
    "agent": ("坐席", "agent"),
    "total": ("总分", "total"),
    "start_s": ("片段起（秒）", "start_s"),
    "end_s": ("片段止（秒）", "end_s"),
    "at_s": ("依据在（秒）", "at_s"),
    "sentence": ("依据", "sentence"),
    "transcript": ("对话", "transcript"),
    "audio": ("声音文件", "audio"),
    "problem": ("没有声音的原因", "problem"),
    "masked": ("消音处数", "masked"),
    "wide": ("整段消音", "wide"),
    "note": ("讲评备注", "note"),
}
"""Columns of the lists; the English names are those of clips.csv, which never change."""
PROBLEMS: Words = {
    "long_absence": ("整段都没有说到，没有可播放的一处", "not said anywhere in this stretch: no one moment to play"),
    "audio_missing": ("找不到录音文件，只列出文字", "the recording was not found; text only"),
    "audio_changed": ("录音文件与质检时不是同一个，未剪", "the file is not the one inspected; not cut"),
    "audio_unreadable": ("录音文件无法读取", "the recording cannot be read"),
    "no_times": ("文本没有时间信息，无法剪辑", "the transcript has no times; nothing to cut"),
    "no_words": (
        "没有转写，无法遮蔽客户信息，不输出声音",
        "not recognised, so nothing can be masked: no sound is written",
    ),
}

"""The words of the summary of a run; Chinese first, English second. No logic here."""

from __future__ import annotations

from qa_speech.wording.lang import Words

ERRORS: Words = {
    "DecodeError": ("录音无法解码", "the recording cannot be decoded"),
    "ChannelError": ("声道不可用", "its channels cannot be used"),
    "AudioError": ("录音不可用", "the recording cannot be used"),
    "EngineError": ("识别引擎出错", "the recogniser failed"),
    "ConfigError": ("转写文件有误", "its transcript is wrong"),
    "time_limit": ("处理超时", "took too long"),
    "process_died": ("处理进程异常退出", "its process died"),
    "memory_limit": ("内存超限", "took too much memory"),
    "bug": ("程序错误（见 run.log）", "a bug (see run.log)"),
}
NO_TOTAL: Words = {
    "too_short": ("通话过短", "too short"),
    "too_long": ("通话过长", "too long"),
    "one_sided": ("只有一方说话", "one party alone speaks"),
    "no_words": ("没有识别出字词", "no words"),
    "attribute": ("通话资料不合适用条件", "not meant for the scorecard"),
    "low_coverage": ("能评的项目太少", "too little could be judged"),
    "nothing_applies": ("没有适用的项目", "nothing applies"),
    "nothing_judged": ("没有评出的项目", "nothing was judged"),
}
STOPPED: Words = {
    "until": ("到了规定时间", "its time was up"),
    "interrupted": ("被中断", "interrupted"),
}
WHY_A_PAGE: Words = {
    "alarm": ("报警", "alarm"),
    "worst": ("最差", "worst"),
    "pending": ("待复核", "to review"),
    "asked": ("点名", "asked for"),
}
SUMMARY: Words = {
    "title": ("质检批次小结  {when}", "Summary of the run  {when}"),
    "alarms": ("报警：{what}", "Alarms: {what}"),
    "calls": ("{n} 通", "{n}"),
    "rows": (
        "登记 {rows} 通：完成 {ok}，失败 {failed}，未处理 {left}",
        "{rows} calls listed: {ok} done, {failed} failed, {left} to do",
    ),
    "forgotten": ("，已删除 {n}", ", {n} removed"),
    "audio": ("录音共 {length}", "Recordings of {length}"),
    "copies": ("；{n} 通与其他录音完全相同", "; {n} the same as another"),
    "session": ("本次处理 {n} 通，用时 {clock}", "This time {n} calls in {clock}"),
    "speed": ("，每小时 {per_h} 通，{times} 倍实时", ", {per_h} an hour, {times} × real time"),
    "stopped": ("提前结束：{why}", "Ended early: {why}"),
    "alike": ("连续 {n} 通因同一原因失败：{what}", "{n} failures in a row with one cause: {what}"),
    "totals": (
        "有总分 {n} 通：平均 {mean} 分，最低 {least} 分",
        "{n} calls with a total: mean {mean} points, lowest {least}",
    ),
    "pass_rate": ("，合格率 {rate}%", ", {rate}% passed"),
    "bands": ("等级  {what}", "Bands  {what}"),
    "to_review": ("待人工复核 {n} 项", "to be reviewed by a person: {n}"),
    "no_total": ("没有总分 {n} 通：{what}", "without a total {n}: {what}"),
    "most_failed": ("未通过最多的项目", "What fails most"),
    "criterion": ("  {what}：{failed} / {judged} 通", "  {what}: {failed} of {judged} calls"),
    "errors": ("失败原因", "Failures"),
    "error": (
        "  {name}（{code}）{n} 通，例如 {example}：{message}",
        "  {name} ({code}): {n}, e.g. {example}: {message}",
    ),
    "pages": ("网页：{place}", "Pages: {place}"),
    "pages_unmasked": (
        "网页（未遮蔽客户信息）：{place}",
        "Pages (customers' data not masked): {place}",
    ),
    "with_page": ("  {n} 通有自己的网页：{what}", "  {n} calls have a page: {what}"),
    "total": ("{n} 分", "{n} points"),
    "without_total": ("无总分", "no total"),
    "left_out": (
        "  另有 {n} 通该写未写；全部待复核：qa-speech batch run --out {run} --pages pending",
        "  {n} more have none; all that wait: qa-speech batch run --out {run} --pages pending",
    ),
    "go_on": ("继续未处理的：qa-speech batch run --out {run}", "Go on:              qa-speech batch run --out {run}"),
    "retry": ("重做失败的：  qa-speech batch retry {run}", "Try failures again: qa-speech batch retry {run}"),
    "open": (
        "打开一通：    qa-speech batch open {run} --call 编号",
        "Open a call:        qa-speech batch open {run} --call ID",
    ),
    "export": (
        "导出表格：    qa-speech export {run} --to 结果.xlsx",
        "A workbook:         qa-speech export {run} --to results.xlsx",
    ),
    "hours": ("{n} 小时", "{n} hours"),
    "minutes": ("{n} 分钟", "{n} minutes"),
}

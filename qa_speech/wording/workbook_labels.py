"""The words of the workbook of a run: sheets, heads, and how to read them; Chinese first, English second. No logic here."""

from __future__ import annotations

from qa_speech.wording.lang import Words

SHEETS: Words = {
    "overview": ("概览", "Overview"),
    "calls": ("通话", "Calls"),
    "deductions": ("扣分明细", "Deductions"),
    "agents": ("坐席", "Agents"),
    "figures": ("指标", "Figures"),
    "notes": ("说明", "Notes"),
}
METADATA: Words = {
    "agent": ("工号", "Agent"),
    "team": ("班组", "Team"),
    "queue": ("队列", "Queue"),
    "started_at": ("开始时间", "Started"),
    "marks": ("人工判定", "Marks"),
}
HEADS: Words = {
    "alarm": ("报警", "Alarm"),
    "id": ("编号", "Call"),
    "length": ("时长", "Length"),
    "total": ("总分", "Total"),
    "if_confirmed": ("若全部确认", "If confirmed"),
    "band": ("等级", "Band"),
    "passed": ("合格", "Passed"),
    "coverage": ("已评比例", "Coverage"),
    "to_review": ("待复核项", "To review"),
    "main": ("主要扣分", "Main deductions"),
    "status": ("处理", "Done"),
    "why": ("没有总分或失败的原因", "Why no total, or what failed"),
    "card": ("评分表", "Scorecard"),
    "warnings": ("录音提示", "Warnings"),
    "path": ("录音文件", "Recording"),
    "kind": ("类别", "Kind"),
    "criterion": ("评分项", "Criterion"),
    "outcome": ("结果", "Outcome"),
    "lost": ("扣分", "Points lost"),
    "possible": ("满分", "Possible"),
    "at": ("时刻", "At"),
    "sentence": ("依据", "Because"),
    "calls": ("通话", "Calls"),
    "scored": ("有总分", "With a total"),
    "mean": ("平均分", "Mean"),
    "mean_low": ("平均分 95% 区间：低", "Mean, 95 % from"),
    "mean_high": ("平均分 95% 区间：高", "Mean, 95 % to"),
    "pass_rate": ("合格率", "Passed"),
    "pass_low": ("合格率 95% 区间：低", "Passed, 95 % from"),
    "pass_high": ("合格率 95% 区间：高", "Passed, 95 % to"),
    "alarms": ("报警通数", "Calls with an alarm"),
    "fatal": ("一票否决通数", "Calls with a fatal failure"),
    "most_lost": ("最常扣分的项目", "Most often lost on"),
    "share": ("占比", "Share"),
    "name": ("项目", "Item"),
    "figure": ("数值", "Figure"),
    "low": ("95% 区间：低", "95 % from"),
    "doubtful": ("可靠性低的指标", "Of low reliability"),
    "high": ("95% 区间：高", "95 % to"),
    "judged": ("评出", "Judged"),
    "wrong": ("扣分通数", "Lost on"),
    "wrong_share": ("扣分率", "Share lost"),
    "lost_total": ("共扣分", "Points lost in all"),
    "pending": ("待复核通数", "To review"),
    "points_from": ("分数段", "Points"),
    "tenth": ("最低一成不超过", "Lowest tenth up to"),
    "middle": ("中位数", "Median"),
    "ninth": ("最高一成不低于", "Highest tenth from"),
    "measured": ("测得通数", "Measured"),
    "unmeasured": ("未测得通数", "Not measured"),
}
KINDS: Words = {
    "alarm": ("报警", "Alarm"),
    "fatal": ("一票否决", "Fatal"),
    "lost": ("扣分", "Lost"),
    "pending": ("待复核", "To review"),
}
WORDS: Words = {
    "title": ("质检结果", "Results"),
    "alarms": ("报警", "Alarms"),
    "key": ("总体", "In all"),
    "bands": ("等级", "Bands"),
    "histogram": ("分数分布", "Totals"),
    "criteria": ("扣分最多的项目", "What costs most points"),
    "figures": ("指标分布", "Figures"),
    "no_total": ("没有总分", "No total"),
    "errors": ("处理失败", "Failed"),
    "all": ("登记通话", "Calls listed"),
    "done": ("完成", "Done"),
    "failed": ("失败", "Failed"),
    "none": ("无", "None"),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
    "unsure": ("（待确认）", " (to confirm)"),
    "to": ("至", "to"),
}
NOTES: tuple[tuple[str, str], ...] = (
    (
        "通话：每通一行，有报警的在最前，其次是一票否决，再按总分从低到高；没有总分和处理失败的在最后。",
        "Calls: one row each; those with an alarm first, then fatal failures, then by total from the lowest; last those without.",
    ),
    (
        "扣分明细：每个报警、每处扣分、每个待复核项一行。“时刻”是录音里的第几秒，有网页的可以点开从那里听。",
        "Deductions: a row for each alarm, deduction and item to review. “At” is the second of the recording; a click on it "
        "opens the page there, where there is one.",
    ),
    (
        "待复核的扣分没有算进总分；“若全部确认”是全部成立时的总分。",
        "What waits for a person is not in the total; “if confirmed” is the total if all of it is right.",
    ),
    (
        "已评比例：评分表按权重算已经评出的部分；低于评分表的下限就没有总分。",
        "Coverage: the judged part of the scorecard, by weight; below the card's minimum there is no total.",
    ),
    (
        "95% 区间：通话少，平均分和合格率就有偶然；区间互相重叠的坐席，凭这些通话分不出高下。",
        "95 % interval: few calls leave much to chance; agents whose intervals overlap cannot be told apart by these calls.",
    ),
    (
        "指标：空格是没有测得，不是零；单位在表头里，百分比就是百分比。",
        "Figures: an empty cell was not measured, it is no zero; units stand in the head.",
    ),
)
MASKED: tuple[str, str] = (
    "客户信息（号码、姓名、地址）已遮蔽。",
    "Customers' data (numbers, names, addresses) are masked.",
)
UNMASKED: tuple[str, str] = (
    "客户信息没有遮蔽，请勿外传。",
    "Customers' data are NOT masked: do not pass this on.",
)
TOLD: tuple[str, str] = (
    "“依据”写出了最差的 {told} 通的原话和时刻；其余 {left} 通只写时刻（--sentences all 全部写出）。",
    "“Because” quotes the {told} worst calls; the other {left} have the second alone (--sentences all quotes all).",
)
TOLD_ALL: tuple[str, str] = (
    "“依据”写出了全部有扣分的 {told} 通。",
    "“Because” quotes all {told} calls with deductions.",
)
FOR_PROGRAMS: tuple[str, str] = (
    "给程序用请导出 CSV、JSONL 或 Parquet：qa-speech export 批次 --to 结果.csv",
    "For programs export CSV, JSONL or Parquet: qa-speech export RUN --to results.csv",
)

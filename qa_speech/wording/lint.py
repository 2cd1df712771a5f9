"""What each finding of `lint` says, Chinese and English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qa_speech.wording.lang import Lang, Words

if TYPE_CHECKING:
    from qa_speech.scorecard.finding import LintFinding

MESSAGES: Words = {
    "weights_sum": (
        "各节权重合计 {total}，不是 100",
        "the weights of the sections add up to {total}, not 100",
    ),
    "weights_mixed": (
        "有的节写了权重，有的没写（没写的按满分 {full} 计），两种单位混在一起",
        "some sections state a weight and some do not (those count by their points, {full}): two units are mixed",
    ),
    "weight_zero": (
        "权重为 0，其中 {points} 分永远不计入总分",
        "weight 0: its {points} points never count",
    ),
    "weight_without_points": (
        "权重 {weight}，但没有任何能得分的项目，这份权重总是落空",
        "weight {weight}, but nothing in it can earn points: the weight is always lost",
    ),
    "manual_starves": (
        "人工项占了大半：机器最多评到 {coverage}%，低于 min_coverage，永远没有总分",
        "too much is manual: at most {coverage} % can be judged, below min_coverage, so there is never a total",
    ),
    "mostly_manual": (
        "{whole} 分里有 {manual} 分由人评：未评之前，机器评的 {judged} 分顶着整节的权重。写上 manual: {{keep_weight: true}}，"
        "人工项就留着自己的权重",
        "{manual} of {whole} points are manual: until they are judged the other {judged} carry the whole section. "
        "With manual: {{keep_weight: true}} manual items keep their weight",
    ),
    "alarm_no_evidence": (
        "报警拿不出录音依据（只看通话属性）",
        "an alarm without evidence anybody could hear: it only looks at attributes of the call",
    ),
    "trust_never": (
        "trust.min_agreement 是 1：一致率的下限永远到不了 1，全部扣分会一直待复核",
        "trust.min_agreement is 1, which no lower bound of agreement ever reaches: every deduction waits for ever",
    ),
    "trust_few_marks": (
        "trust.marks 是 {marks}，可是就算次次一致，也要 {needed} 条人工评定，下限才够得着",
        "trust.marks is {marks}, but even if all agree it takes {needed} marks for the lower bound to get there",
    ),
    "bands_flat": (
        "每一档得分都一样，这项不起作用",
        "every band gives the same points: the criterion does nothing",
    ),
    "bands_same": (
        "{edge} 上下两档得分相同，可以合并",
        "the bands on both sides of {edge} give the same points; merge them",
    ),
    "bands_zigzag": (
        "分数随指标时高时低，不止一个高点，是否写反了",
        "points go up and down more than once as the figure grows; is one the wrong way round?",
    ),
    "pass_mark_no_band": (
        "合格线 {mark} 不是任何等级的起点，等级与合格会对不上",
        "pass mark {mark} is not the start of a band, so band and pass will disagree",
    ),
    "never_fails": (
        "怎样都算做到，永远不会扣分",
        "always holds: it can never fail",
    ),
    "never_passes": (
        "怎样都不算做到，永远不会得分",
        "never holds: it can never pass",
    ),
    "when_always": (
        "适用条件永远成立，不会出现“不适用”",
        "its condition always holds: it is never not applicable",
    ),
    "when_never": (
        "适用条件永远不成立，这项等于没有",
        "its condition never holds: it is never judged",
    ),
    "when_is_check": (
        "适用条件和评分条件相同，适用时必然通过",
        "condition and check are the same: wherever it applies it passes",
    ),
    "shadowed": (
        "“{phrase}”每次出现都被例外“{unless}”盖住，永远找不到",
        "{phrase!r} is always covered by the exception {unless!r} and never found",
    ),
    "useless_unless": (
        "例外“{unless}”里不含要找的任何一句，不起作用",
        "the exception {unless!r} contains none of the phrases, so it excuses nothing",
    ),
    "redundant": (
        "写了“{short}”，再写更长的“{long}”没有作用",
        "{long!r} adds nothing beside the shorter {short!r}",
    ),
    "said_twice": (
        "“{phrase}”列了两遍",
        "{phrase!r} is listed twice",
    ),
    "one_character": (
        "“{phrase}”只有一个字，容易误中；写成词，或打开 borders",
        "{phrase!r} is one character and will be found by accident; write a word, or set borders",
    ),
    "short_homophone": (
        "“{phrase}”只有一个字，按同音找会大量误中",
        "{phrase!r} is one syllable: by sound it is found everywhere",
    ),
    "pattern_punctuation": (
        "正则 /{pattern}/ 里有标点或空格，而匹配前标点空格已去掉，永远匹配不到",
        "/{pattern}/ asks for punctuation or spaces, which are gone before patterns are matched: it never matches",
    ),
    "no_role": (
        "话术没有写是谁说的，双方说了都算",
        "the phrase has no role: it counts whoever says it",
    ),
    "contradiction": (
        "“{phrase}”既要求说又不许说",
        "{phrase!r} is both wanted and forbidden",
    ),
    "fatal_no_evidence": (
        "一票否决却拿不出录音证据（只看通话属性）",
        "fatal, but without evidence anybody could hear: it only looks at attributes of the call",
    ),
    "fatal_no_comment": (
        "一票否决项建议写 comment_required: true，判定时留下理由",
        "fatal: set comment_required: true, so that whoever confirms it says why",
    ),
    "fatal_section_empty": (
        "否决本节，但本节没有能得的分，不起作用",
        "fatal for a section in which nothing can be earned: no effect",
    ),
    "deduct_nothing": (
        "本节没有可扣的分（既无机器评的得分项，也没有 start_points）",
        "there is nothing to deduct from: the section has neither start_points nor points that a machine judges",
    ),
    "deduct_no_limit": (
        "按次扣分没有写上限 limit，一通电话可能扣光本节",
        "deducted per hit without a limit: one call can lose the whole section",
    ),
    "similar_ids": (
        "编号与“{other}”太像，容易写错",
        "the id is easily mistaken for {other!r}",
    ),
    "same_title": (
        "名称与“{other}”相同，报表里分不清",
        "the title is the same as that of {other!r}",
    ),
    "title_is_id": (
        "名称就是编号，请写给人看的名称",
        "the title is only the id; write one for people",
    ),
    "manual_no_guide": (
        "人工项没有评分说明 guide，各人尺度会不一样",
        "manual without a guide: people will differ",
    ),
    "no_effective": (
        "没有写生效日期 effective",
        "no effective date",
    ),
    "no_passing_example": (
        "没有“做到了”的例子",
        "no example that passes",
    ),
    "no_failing_example": (
        "没有“没做到”的例子",
        "no example that fails",
    ),
    "example_failed": (
        "例子不符：{what}",
        "example failed: {what}",
    ),
    "example_checks_nothing": (
        "例子没有写任何预期",
        "the example expects nothing",
    ),
}


def lint_sentence(finding: LintFinding, lang: Lang) -> str:
    """The sentence of a finding.

    >>> from qa_speech.scorecard.finding import LintFinding
    >>> lint_sentence(LintFinding("greeting", "said_twice", {"phrase": "您好"}), "zh")
    '“您好”列了两遍'
    """
    zh, en = MESSAGES[finding.code]
    return (zh if lang == "zh" else en).format(**finding.values)

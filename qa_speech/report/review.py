"""What a person is asked about: the rows of a review sheet, from stored reports and the marks there are.

calibration   every criterion, in the order of the card, without what the machine said
first         what a person has to judge: manual, waiting, failed, not measured; with `every` all criteria
second        criteria that others have marked first, or that were appealed
final         criteria that people have marked or appealed and nobody has settled
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from qa_speech.call import Call
from qa_speech.errors import problem
from qa_speech.marks.filled import Refusal
from qa_speech.marks.model import Mark, Seconds, Stage
from qa_speech.marks.scores import CardBook
from qa_speech.marks.sheets import SheetRow
from qa_speech.marks.stages import latest, points_range
from qa_speech.report.page import page_name
from qa_speech.report.people import for_people
from qa_speech.scores import CallReport, CriterionScore, Evidence
from qa_speech.wording import catalogue as words
from qa_speech.wording import terms
from qa_speech.wording.sentences import sentence


class Request(NamedTuple):
    """Which rows are wanted.

    `given` says to whom each call was given ("" = to nobody), None where all calls are meant; `team` is the inspector's own:
    he gets no call of it. `pages` is the folder that holds ``pages/`` and ``audio/``, `out` the sheet to be written.
    """

    stage: Stage
    inspector: str = ""
    every: bool = False
    blind: bool = False
    given: Mapping[str, str] | None = None
    team: str = ""
    pages: Path | None = None
    out: Path = Path("sheet.xlsx")


def rows_of(
    reports: Iterable[CallReport], request: Request, marks: Mapping[str, Sequence[Mark]], cards: CardBook
) -> Iterator[SheetRow]:
    """The rows that a request asks for, call by call; customers' data in sentences is masked."""
    for report in reports:
        if not _given(report, request):
            continue
        by_criterion: dict[str, list[Mark]] = {}
        for mark in latest(marks.get(report.id, ())):
            by_criterion.setdefault(mark.criterion, []).append(mark)
        for row in every_row(report, cards, request):
            made = by_criterion.get(row.criterion, [])
            if _asked(row, made, request):
                yield row._replace(finding=_with_history(row.finding, made, request))


def every_row(report: CallReport, cards: CardBook, request: Request) -> list[SheetRow]:
    """All criteria of a call as rows: those that a person has to judge first, or in the order of the card where that would tell."""
    if report.score is None:
        return []
    shown = for_people(report)
    score = shown.score or report.score
    card = cards(score.scorecard_sha256)
    limits: dict[str, tuple[float, float]] = {}
    if card is not None:
        limits = {criterion.id: points_range(criterion) for criterion in card.criteria}
    rows: list[SheetRow] = []
    for held in score.criteria:
        least, most = limits.get(held.id, (None, None))
        proof = _proof(held, shown.call)
        row = SheetRow(
            call=report.id,
            criterion=held.id,
            title=held.title,
            machine_outcome=held.outcome,
            machine_points=held.points,
            possible=held.possible,
            finding=sentence(held, lang="zh", call=shown.call),
            link=_link(report.id, proof, request),
            seconds=None if proof is None else Seconds(proof.start, proof.end),
            comment_required=held.comment_required,
            in_doubt=held.pending or bool(held.review),
            least=least,
            most=most,
            inspector=request.inspector,
            scorecard=score.scorecard_id,
            scorecard_version=score.scorecard_version,
        )
        rows.append(row)
    if request.blind:
        return rows
    urgency = {held.id: _urgency(held) for held in score.criteria}
    return sorted(rows, key=lambda row: urgency[row.criterion])


def _urgency(held: CriterionScore) -> int:
    """How much a person is needed, 0 = most."""
    if held.outcome == "manual":
        return 0
    if held.pending or held.review:
        return 1
    order = {"fail": 2, "partial": 3, "not_measured": 4}
    return order.get(held.outcome, 5)


def _given(report: CallReport, request: Request) -> bool:
    """Whether the inspector may and shall hear a call."""
    team = report.call.recording.metadata.get("team", "")
    if request.team and team == request.team:
        return False
    if request.given is None:
        return True
    if report.id not in request.given:
        return False
    to = request.given[report.id]
    return request.stage not in ("first", "calibration") or not request.inspector or to in ("", request.inspector)


def _asked(row: SheetRow, made: Sequence[Mark], request: Request) -> bool:
    """Whether a criterion is on the sheet of this stage; `made` are its latest marks."""
    stage = request.stage
    if stage == "calibration":
        return request.every or not _by(made, stage, request.inspector)
    if stage == "first":
        wanted = request.every or request.blind or _needs_a_person(row)
        return wanted and (request.every or not _by(made, stage))
    if stage == "second" and _by(made, "first", request.inspector):
        return False
    if not (_by(made, "first") or _by(made, "second") or _by(made, "appeal")):
        return False
    return request.every or not _by(made, stage) or _appealed_since(made, stage)


def _needs_a_person(row: SheetRow) -> bool:
    return row.machine_outcome not in ("pass", "not_applicable") or row.in_doubt


def _by(made: Iterable[Mark], stage: Stage, person: str = "") -> bool:
    """Whether there is a mark of a stage, of one person where he is named."""
    return any(mark.stage == stage and person in ("", mark.person) for mark in made)


def _appealed_since(made: Sequence[Mark], stage: Stage) -> bool:
    appeals = [mark.at for mark in made if mark.stage == "appeal"]
    decided = [mark.at for mark in made if mark.stage == stage]
    return bool(appeals) and max(appeals) > max(decided, default="")


def _with_history(finding: str, made: Sequence[Mark], request: Request) -> str:
    """The sentence, with what people have said so far where the stage decides about that."""
    if request.blind or request.stage not in ("second", "final"):
        return finding
    lines = [finding]
    for mark in made:
        if mark.stage == "calibration":
            continue
        at_stage = terms.term(words.STAGES, mark.stage, "zh")
        decided = terms.outcome(mark.outcome, "zh") + terms.bracket(mark.reason, "zh")
        lines.append(f"{at_stage} {mark.person}：{decided}")
    return "\n".join(lines)


def _proof(held: CriterionScore, call: Call) -> Evidence | None:
    """Where to begin to listen: what was said or happened, else where it was searched in vain."""
    if call.times == "nominal":
        return None
    return min(held.evidence, key=lambda one: (one.kind == "absence", one.start), default=None)


def _link(call_id: str, proof: Evidence | None, request: Request) -> str:
    """To the second on the page of a call, or to its sound where the page would tell what the machine said."""
    if request.pages is None:
        return ""
    name = page_name(call_id)
    target = request.pages / "pages" / name
    if request.blind:
        target = request.pages / "audio" / f"{name.removesuffix('.html')}.mp3"
    if not target.is_file():
        return ""
    place = Path(os.path.relpath(target, request.out.absolute().parent)).as_posix()
    place = place.replace("%", "%25").replace("#", "%23")
    if proof is None or request.blind:
        return place
    return f"{place}#t={proof.start:.1f}"


def refusal(marks: Mapping[str, Sequence[Mark]], teams: Mapping[str, str], team_of: Mapping[str, str]) -> Refusal:
    """Who may not give a second opinion: whoever marked it first, and whoever is of the agent's own team.

    Parameters
    ----------
    teams
        Team of the agent, by call.
    team_of
        Team of an inspector, by name.
    """

    def refuse(row: SheetRow, stage: Stage, person: str) -> str:
        if stage != "second":
            return ""
        mine = [mark for mark in marks.get(row.call, ()) if mark.criterion == row.criterion]
        if _by(mine, "first", person):
            return problem("{person} marked it first: the second stage is for somebody else", person=person)
        team = team_of.get(person, "")
        if team and team == teams.get(row.call, ""):
            return problem("{person} is of the agent's own team ({team})", person=person, team=team)
        return ""

    return refuse

"""The sound of a call: its bytes, its waveform, a clip of it; masked unless somebody may hear it, and then it is logged."""

from __future__ import annotations

import tempfile
from pathlib import Path

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from qa_speech.audio.mp3 import write_mp3
from qa_speech.coaching.sound import render
from qa_speech.desk.access import Case, case_of, may_hear_all, may_see
from qa_speech.desk.ranges import wanted
from qa_speech.desk.signed import SignedIn, Visitor
from qa_speech.desk.sound import WAV_HEAD, Masked, Sound, masked_of, peaks, wav, wav_bytes
from qa_speech.marks.audit import noted
from qa_speech.privacy.unheard import hidden
from qa_speech.scores import CallReport
from qa_speech.timeline import Segment, Timeline

router = APIRouter(include_in_schema=False)
LONGEST_CLIP_S = 600.0


def seen_case(who: Visitor, key: str) -> Case:
    """A call that somebody may open; everything else is not found, whether it exists or not."""
    row = who.office.calls.rows().by_key.get(key)
    if row is None:
        raise HTTPException(404)
    case = case_of(who.office, row)
    if not may_see(who.account, case):
        raise HTTPException(404)
    return case


def seen_report(who: Visitor, case: Case) -> CallReport:
    """The report of a call that is still stored."""
    report = who.office.calls.report(case.row.id)
    if report is None:
        raise HTTPException(404)
    return report


def is_plain(who: Visitor, plain: int) -> bool:
    """Whether customers' data are asked for, by somebody who may see and hear them."""
    if plain and not may_hear_all(who.account):
        raise HTTPException(403)
    return bool(plain)


def spans_of(report: CallReport, *, plain: bool) -> Timeline | None:
    """What must not be heard; None where that is unknown, and then nothing may be."""
    if plain:
        return Timeline()
    return hidden(report.call)


def _begun(who: Visitor, report: CallReport, *, plain: bool) -> tuple[Sound, Masked]:
    spans = spans_of(report, plain=plain)
    if spans is None:
        raise HTTPException(404)
    sound = who.office.sounds.of(report.call)
    if not sound.begun():
        raise HTTPException(404)
    return sound, masked_of(sound, spans)


@router.get("/calls/{key}/audio")
def audio(request: Request, who: SignedIn, key: str, plain: int = 0) -> Response:
    """The recording as a WAV, any one range of it."""
    unmasked = is_plain(who, plain)
    case = seen_case(who, key)
    sound, masked = _begun(who, seen_report(who, case), plain=unmasked)
    size = wav_bytes(sound)
    header = request.headers.get("range")
    span = wanted(header, size)
    if span is None:
        return Response(status_code=416, headers={"content-range": f"bytes */{size}", "accept-ranges": "bytes"})
    if unmasked:
        second = max(0, span.start - WAV_HEAD) / (2 * sound.channels * sound.rate)
        noted(
            who.office.base, who.name, "heard_unmasked", call=case.row.id, detail=f"from {second:.1f} s",
            address=who.address,
        )  # fmt: skip
    headers = {"accept-ranges": "bytes", "content-length": str(span.end - span.start)}
    status = 200
    if header is not None:
        status = 206
        headers["content-range"] = f"bytes {span.start}-{span.end - 1}/{size}"
    body = wav(sound, masked, span.start, span.end)
    return StreamingResponse(body, status, headers=headers, media_type="audio/wav")


@router.get("/calls/{key}/peaks")
def waveform(who: SignedIn, key: str, plain: int = 0) -> Response:
    """The waveform as far as it is decoded: a row of bytes per channel; headers say how many, and how much is ready."""
    case = seen_case(who, key)
    sound, masked = _begun(who, seen_report(who, case), plain=is_plain(who, plain))
    found = peaks(sound, masked)
    headers = {"x-channels": str(found.channels), "x-ready": f"{found.ready:.3f}"}
    return Response(found.data, headers=headers, media_type="application/octet-stream")


@router.get("/calls/{key}/clip")
def clip(who: SignedIn, key: str, start: float, end: float) -> Response:
    """Some seconds of a call as an mp3, masked, for training."""
    who.require("trainer", "lead")
    case = seen_case(who, key)
    report = seen_report(who, case)
    spans = spans_of(report, plain=False)
    if spans is None or not 0 <= start < end <= report.call.duration or end - start > LONGEST_CLIP_S:
        raise HTTPException(404)
    sound, _ = _begun(who, report, plain=False)
    samples = sound.read(0, sound.frames)
    piece, _ = render(samples, sound.rate, Segment(start, end), spans)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "clip.mp3"
        write_mp3(piece, sound.rate, place)
        data = place.read_bytes()
    noted(
        who.office.base, who.name, "clip", call=case.row.id, detail=f"{start:.1f}–{end:.1f} s", address=who.address
    )  # fmt: skip
    name = f"{case.row.key}-{start:.0f}-{end:.0f}.mp3"
    return Response(data, headers={"content-disposition": f'attachment; filename="{name}"'}, media_type="audio/mpeg")

"""The sound of a call: its bytes, its waveform, a clip of it; masked unless somebody may hear it, and then it is logged."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from qa_speech.audio.mp3 import write_mp3
from qa_speech.coaching.sound import render
from qa_speech.desk.access import Case, case_of, may_hear_all, may_see
from qa_speech.desk.ranges import Span, wanted
from qa_speech.desk.signed import SignedIn, Visitor
from qa_speech.desk.sound import (
    PATIENCE_S,
    WAV_HEAD,
    Masked,
    Sound,
    frames_before,
    masked_of,
    parts,
    peaks,
    wav,
    wav_bytes,
)
from qa_speech.marks.audit import noted
from qa_speech.privacy.unheard import hidden
from qa_speech.scores import CallReport
from qa_speech.timeline import Segment, Timeline

router = APIRouter(include_in_schema=False)
LONGEST_CLIP_S = 600.0
LOOK_EVERY_S = 0.02


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


class Heard(NamedTuple):
    """A call that somebody hears: what of it may not be heard in clear is `masked`."""

    case: Case
    report: CallReport
    sound: Sound
    masked: Masked


def _asked(who: Visitor, key: str, *, plain: bool) -> Heard:
    """A call whose sound is being prepared from now on."""
    case = seen_case(who, key)
    report = seen_report(who, case)
    spans = spans_of(report, plain=plain)
    if spans is None:
        raise HTTPException(404)
    sound = who.office.sounds.of(report.call)
    return Heard(case, report, sound, masked_of(sound, spans))


async def _begun(who: Visitor, key: str, *, plain: bool) -> Heard:
    """The same once the first samples are there; nobody else waits for that."""
    heard = await run_in_threadpool(_asked, who, key, plain=plain)
    await _until(lambda: heard.sound.has(1))
    if not heard.sound.can_be_heard:
        raise HTTPException(404)
    return heard


async def _until(is_so: Callable[[], bool]) -> None:
    """Wait without holding a thread, `PATIENCE_S` at most."""
    for _ in range(round(PATIENCE_S / LOOK_EVERY_S)):
        if is_so():
            return
        await asyncio.sleep(LOOK_EVERY_S)


async def _played(heard: Heard, span: Span) -> AsyncIterator[bytes]:
    """The bytes of a span, piece by piece, as they are decoded."""
    sound = heard.sound
    for start, end in parts(sound, span.start, span.end):
        frames = frames_before(sound, end)
        await _until(lambda frames=frames: sound.has(frames))  # type: ignore[misc]
        yield await run_in_threadpool(wav, sound, heard.masked, start, end)


@router.get("/calls/{key}/audio")
async def audio(request: Request, who: SignedIn, key: str, plain: int = 0) -> Response:
    """The recording as a WAV, any one range of it."""
    unmasked = is_plain(who, plain)
    heard = await _begun(who, key, plain=unmasked)
    size = wav_bytes(heard.sound)
    header = request.headers.get("range")
    span = wanted(header, size)
    if span is None:
        return Response(status_code=416, headers={"content-range": f"bytes */{size}", "accept-ranges": "bytes"})
    if unmasked:
        await run_in_threadpool(_note_unmasked, who, heard, span)
    headers = {"accept-ranges": "bytes", "content-length": str(span.end - span.start)}
    status = 200
    if header is not None:
        status = 206
        headers["content-range"] = f"bytes {span.start}-{span.end - 1}/{size}"
    return StreamingResponse(_played(heard, span), status, headers=headers, media_type="audio/wav")


def _note_unmasked(who: Visitor, heard: Heard, span: Span) -> None:
    sound = heard.sound
    second = max(0, span.start - WAV_HEAD) / (2 * sound.channels * sound.rate)
    noted(
        who.office.base, who.name, "heard_unmasked", call=heard.case.row.id, detail=f"from {second:.1f} s",
        address=who.address,
    )  # fmt: skip


@router.get("/calls/{key}/peaks")
async def waveform(who: SignedIn, key: str, plain: int = 0) -> Response:
    """The waveform as far as it is known: a row of bytes per channel; headers say how many, and how much is decoded."""
    heard = await _begun(who, key, plain=is_plain(who, plain))
    found = await run_in_threadpool(peaks, heard.sound, heard.masked)
    headers = {"x-channels": str(found.channels), "x-ready": f"{found.ready:.3f}"}
    return Response(found.data, headers=headers, media_type="application/octet-stream")


@router.get("/calls/{key}/clip")
async def clip(who: SignedIn, key: str, start: float, end: float) -> Response:
    """Some seconds of a call as an mp3, masked, for training."""
    who.require("trainer", "lead")
    heard = await _begun(who, key, plain=False)
    if not 0 <= start < end <= heard.report.call.duration or end - start > LONGEST_CLIP_S:
        raise HTTPException(404)
    await _until(lambda: heard.sound.is_whole)
    return await run_in_threadpool(_clip, who, heard, Segment(start, end))


def _clip(who: Visitor, heard: Heard, span: Segment) -> Response:
    case, sound = heard.case, heard.sound
    spans = spans_of(heard.report, plain=False)
    assert spans is not None
    samples = sound.read(0, sound.frames)
    piece, _ = render(samples, sound.rate, span, spans)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "clip.mp3"
        write_mp3(piece, sound.rate, place)
        data = place.read_bytes()
    noted(
        who.office.base, who.name, "clip", call=case.row.id, detail=f"{span.start:.1f}–{span.end:.1f} s", address=who.address
    )  # fmt: skip
    name = f"{case.row.key}-{span.start:.0f}-{span.end:.0f}.mp3"
    return Response(data, headers={"content-disposition": f'attachment; filename="{name}"'}, media_type="audio/mpeg")

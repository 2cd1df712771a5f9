"""How a batch run tells where it is: events as JSON, a bar where a person watches, else a plain line every half minute."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer

from qa_speech.cli.common import Language
from qa_speech.cli.terminal import drawn_on
from qa_speech.filenames import visible

LINE_EVERY_S = 30.0


@contextmanager
def telling(json_lines: bool, lang: Language) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Events as JSON lines, as a bar where a person watches, or as a plain line every half minute."""
    if json_lines:
        yield _print_json
    elif sys.stderr.isatty():
        with _bar(lang) as tell:
            yield tell
    else:
        last = 0.0

        def tell(event: dict[str, Any]) -> None:
            nonlocal last
            if event["event"] == "progress":
                now = time.monotonic()
                if now - last < LINE_EVERY_S:
                    return
                last = now
            text = line(event, lang)
            if text:
                typer.echo(f"{dt.datetime.now():%H:%M:%S} {text}", err=True)

        yield tell


def _print_json(event: dict[str, Any]) -> None:
    """One line on stdout. When whoever read it has gone, the work goes on without telling."""
    try:
        print(json.dumps(event, ensure_ascii=False, default=str), flush=True)
    except BrokenPipeError:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())


@contextmanager
def _bar(lang: Language) -> Iterator[Callable[[dict[str, Any]], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    console = Console(file=drawn_on())
    with Progress(BarColumn(), TextColumn("{task.description}"), console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def tell(event: dict[str, Any]) -> None:
            if event["event"] == "progress":
                bar.update(task, total=event["todo"], completed=event["done"], description=line(event, lang))
            elif line(event, lang):
                bar.console.print(visible(line(event, lang)), markup=False, highlight=False)

        yield tell


def line(event: dict[str, Any], lang: Language) -> str:
    """An event in words; "" for one that a person need not be told."""
    sentences = {"progress": _progress, "plan": _plan, "layout": _layout, "measuring": _measuring, "note": _note}
    sentence = sentences.get(event["event"])
    return "" if sentence is None else sentence(event, lang)


def _progress(event: dict[str, Any], lang: Language) -> str:
    from qa_speech.store.summary import clock

    done = f"{event['done']}/{event['todo']}"
    calls_per_h = f"{event['calls_per_h']:.0f}"
    speed = f"{event['x_realtime']:g}"
    left = "–"
    if event["eta_s"] is not None:
        left = clock(event["eta_s"])
    if lang == "zh":
        return f"{done} 通 · 每小时 {calls_per_h} 通 · {speed} 倍实时 · 失败 {event['failed']} · 剩余 {left}"
    return f"{done} calls · {calls_per_h}/h · {speed} × real time · {event['failed']} failed · ETA {left}"


def _plan(event: dict[str, Any], lang: Language) -> str:
    if lang == "zh":
        return "登记 {rows} 通：已完成 {done}，待处理 {todo}，只需重新评分 {scores}".format_map(event)
    return "{rows} rows: {done} done, {todo} to do, {scores} to score again".format_map(event)


def _layout(event: dict[str, Any], lang: Language) -> str:
    if lang == "zh":
        return f"布局：{event['text_zh']}"
    return f"layout: {event['text']}"


def _measuring(event: dict[str, Any], lang: Language) -> str:
    if lang == "zh":
        return "试跑几通，找最快的进程数（只做一次）……"
    return "trying layouts on a few calls, once per run …"


def _note(event: dict[str, Any], lang: Language) -> str:
    from qa_speech.store.summary import why_ended

    return why_ended(event["text"], lang)

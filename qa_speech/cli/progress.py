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
            if event["event"] != "progress" or time.monotonic() - last >= LINE_EVERY_S:
                last = time.monotonic() if event["event"] == "progress" else last
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

    console = Console(stderr=True)
    with Progress(BarColumn(), TextColumn("{task.description}"), console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def tell(event: dict[str, Any]) -> None:
            if event["event"] == "progress":
                bar.update(task, total=event["todo"], completed=event["done"], description=line(event, lang))
            elif line(event, lang):
                bar.console.print(line(event, lang), markup=False, highlight=False)

        yield tell


def line(event: dict[str, Any], lang: Language) -> str:
    """An event in words."""
    from qa_speech.store.summary import clock, why_ended

    zh = lang == "zh"
    kind = event["event"]
    if kind == "progress":
        eta = clock(event["eta_s"]) if event["eta_s"] is not None else "–"
        if zh:
            return (
                f"{event['done']}/{event['todo']} 通 · 每小时 {event['calls_per_h']:.0f} 通 · {event['x_realtime']:g} 倍实时"
                f" · 失败 {event['failed']} · 剩余 {eta}"
            )
        return (
            f"{event['done']}/{event['todo']} calls · {event['calls_per_h']:.0f}/h · {event['x_realtime']:g} × real time"
            f" · {event['failed']} failed · ETA {eta}"
        )
    if kind == "plan":
        if zh:
            return f"登记 {event['rows']} 通：已完成 {event['done']}，待处理 {event['todo']}，只需重新评分 {event['scores']}"
        return f"{event['rows']} rows: {event['done']} done, {event['todo']} to do, {event['scores']} to score again"
    if kind == "layout":
        return f"布局：{event['text_zh']}" if zh else f"layout: {event['text']}"
    if kind == "measuring":
        return "试跑几通，找最快的进程数（只做一次）……" if zh else "trying layouts on a few calls, once per run …"
    if kind != "note":
        return ""
    return why_ended(event["text"]) if zh else str(event["text"])

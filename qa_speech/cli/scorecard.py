"""`qa-speech scorecard new|check|lint|test|show|compare`: write, check and try a scorecard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa_speech.cli.common import EXIT_UNUSABLE, Language, UiOption, friendly_errors, ui

if TYPE_CHECKING:
    from qa_speech.scorecard.conditions import Check
    from qa_speech.scorecard.model import Criterion, Scorecard, Section

app = typer.Typer(no_args_is_help=True, help="评分表：新建、校验、试跑、比较。 Scorecards: write, check, try, compare.")

Name = Annotated[str, typer.Argument(help="评分表文件，或自带的名称 a scorecard file, or the name of a shipped one.")]
Names = Annotated[
    list[str],
    typer.Argument(help="评分表文件，或自带的名称 scorecard files, or names of shipped ones.", show_default=False),
]


def load(name: str) -> Scorecard:
    """A file, or the name of a shipped scorecard."""
    from qa_speech.scorecard import load_scorecard
    from qa_speech.scorecard.choice import find_scorecard

    return load_scorecard(find_scorecard(name))


@app.command("new")
def new(
    path: Annotated[Path, typer.Argument(help="要写的文件 the file to write.", dir_okay=False, show_default=False)],
    title: Annotated[str, typer.Option("--title", help="名称 its title.")] = "质检评分表",
    like: Annotated[
        str | None, typer.Option("--like", help="照抄一份自带的 start from a shipped one.", show_default=False)
    ] = None,
    ui_language: UiOption = None,
) -> None:
    """新建一份可用的评分表 Write a new scorecard to begin with.

    Example: qa-speech scorecard new my-card.yaml --like telecom-hotline
    """
    from qa_speech.call import write_bytes
    from qa_speech.errors import ConfigError
    from qa_speech.scorecard.choice import find_scorecard
    from qa_speech.scorecard.starter import new_scorecard

    with friendly_errors(ui_language):
        if path.exists():
            raise ConfigError(str(path), ["exists already; give another name, or move it away first"])
        text = new_scorecard(path.stem, title=title)
        if like is not None:
            text = find_scorecard(like).read_text(encoding="utf-8")
            text = text.replace(f"\nid: {load(like).id}\n", f"\nid: {path.stem}\n", 1)
        write_bytes(path, text.encode())
    typer.echo(f"{path}", err=False)


@app.command("check")
def check(files: Names, ui_language: UiOption = None) -> None:
    """校验文件，一次列出全部问题 Check files and list every problem at once.

    Example: qa-speech scorecard check scorecards/telecom-hotline.yaml
    """
    from qa_speech.errors import ConfigError

    bad = False
    for name in files:
        try:
            card = load(name)
        except ConfigError as exc:
            bad = True
            for problem in exc.problems:
                typer.echo(problem if problem.startswith(exc.source) else f"{exc.source}: {problem}", err=True)
            continue
        with friendly_errors(ui_language):
            manual = sum(item.manual for item in card.criteria)
            if ui(ui_language) == "zh":
                typer.echo(
                    f"{name}: 可用。{card.title} v{card.version}，{len(card.criteria)} 项（人工 {manual} 项），"
                    f"{len(card.tests)} 个例子"
                )
            else:
                typer.echo(
                    f"{name}: ok. {card.title} v{card.version}, {len(card.criteria)} criteria ({manual} manual), "
                    f"{len(card.tests)} examples"
                )
    if bad:
        raise typer.Exit(2)


@app.command("lint")
def lint(files: Names, ui_language: UiOption = None) -> None:
    """找出能用但写得不对的地方 Find what is valid but wrong; exit 1 if anything is a problem.

    Example: qa-speech scorecard lint my-card.yaml
    """
    from qa_speech.scorecard.lint import lint as run_lint
    from qa_speech.scorecard.lint import problems

    lang = ui(ui_language)
    bad = False
    with friendly_errors(ui_language):
        for name in files:
            found = run_lint(load(name))
            for item in found:
                level = {"problem": ("问题", "problem"), "note": ("提示", "note")}[item.level][lang == "en"]
                typer.echo(f"{name}: {level}: {item.where}: {item.text(lang)}")
            bad = bad or bool(problems(found))
            if not found:
                typer.echo(f"{name}: {'没有发现问题' if lang == 'zh' else 'nothing to complain about'}")
    if bad:
        raise typer.Exit(EXIT_UNUSABLE)


@app.command("test")
def try_examples(
    files: Names,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="列出每个例子 name every example.")] = False,
    ui_language: UiOption = None,
) -> None:
    """试跑写在评分表里的例子 Run the examples written inside scorecards; exit 1 if one fails.

    Example: qa-speech scorecard test scorecards/telecom-hotline.yaml
    """
    from qa_speech.scorecard.examples import covered, run_examples

    lang = ui(ui_language)
    failed = 0
    with friendly_errors(ui_language):
        for name in files:
            card = load(name)
            results = run_examples(card)
            bad = [item for item in results if not item.passed]
            failed += len(bad)
            for item in results:
                if not item.passed or verbose:
                    typer.echo(f"{'ok  ' if item.passed else 'FAIL'}  {name} :: {item.name}")
                for problem in item.problems:
                    typer.echo(f"      {problem}")
            shown = covered(card, results)
            judged = [item.id for item in card.criteria if not item.manual]
            both = sum({"pass", "fail"} <= shown[item] for item in judged)
            passed = len(results) - len(bad)
            if lang == "zh":
                typer.echo(f"{name}: 通过 {passed}，不符 {len(bad)}；{both}/{len(judged)} 项有正反两面的例子")
            else:
                typer.echo(
                    f"{name}: {passed} passed, {len(bad)} failed; {both} of {len(judged)} criteria have an example each way"
                )
    if failed:
        raise typer.Exit(EXIT_UNUSABLE)


@app.command("show")
def show(file: Name, ui_language: UiOption = None) -> None:
    """像纸质评分表那样列出 Print a scorecard as people read it.

    Example: qa-speech scorecard show telecom-hotline
    """
    lang = ui(ui_language)
    with friendly_errors(ui_language):
        card = load(file)
        typer.echo(f"{card.title}  {card.id} v{card.version}")
        if card.description:
            typer.echo(card.description)
        bands = "  ".join(f"{band.from_:g}+ {band.name}" for band in card.bands)
        if bands:
            typer.echo(bands)
        for section in card.sections:
            for line in _section_lines(section, 0, lang):
                typer.echo(line)


def _section_lines(section: Section, depth: int, lang: Language) -> Iterator[str]:
    weight = "权重" if lang == "zh" else "weight"
    yield f"\n{'  ' * depth}{section.title}  ({weight} {section.share:g})"
    for item in section.criteria:
        yield f"{'  ' * depth}  {_worth(item, lang):>8}  {item.title}  [{item.id}]{_marks(item, lang)}"
    for child in section.sections:
        yield from _section_lines(child, depth + 1, lang)


def _worth(item: Criterion, lang: Language) -> str:
    if item.deduct is not None:
        limit = "" if item.deduct.limit is None else f"≤{item.deduct.limit:g}"
        each = {"zh": "/处", "en": "/hit"}[lang] if item.deduct.per == "hit" else ""
        return f"-{item.deduct.points:g}{each}{limit}"
    if item.bonus is not None:
        return f"+{item.points:g}"
    return f"{item.points:g}" if item.points is not None else "–"


def _marks(item: Criterion, lang: Language) -> str:
    found = []
    if item.fatal is not None:
        effect = item.fatal.name.replace("cap:", "≤")
        found.append(f"{'一票否决' if lang == 'zh' else 'fatal'}: {effect}")
    if item.manual:
        found.append("人工" if lang == "zh" else "manual")
    if item.when is not None:
        found.append("有条件" if lang == "zh" else "conditional")
    if not item.scored:
        found.append("不计分" if lang == "zh" else "not scored")
    if item.check is not None:
        found.append(_operators(item.check))
    return f"  {'，'.join(found)}" if found else ""


def _operators(item: Check) -> str:
    """What a check looks at: a metric or an operator; of combined checks all of them."""
    for parts, sign in ((item.all, " + "), (item.any, " | ")):
        if parts is not None:
            return sign.join(_operators(part) for part in parts)
    return item.metric or item.operator


@app.command("compare")
def compare(
    old: Name,
    new: Name,
    calls: Annotated[
        Path,
        typer.Option(
            "--calls",
            exists=True,
            help="已存的通话 stored calls: a result folder, a batch run, .jsonl or .json.",
            show_default=False,
        ),
    ],
    html: Annotated[
        Path | None, typer.Option("--html", dir_okay=False, help="另存网页 write a page too.", show_default=False)
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="输出 JSON print JSON instead.")] = False,
    ui_language: UiOption = None,
) -> None:
    """换一份评分表会怎样 What would change with another scorecard: who moves band, and because of what.

    Example: qa-speech scorecard compare old.yaml new.yaml --calls qa-report --html changes.html
    """
    from qa_speech.call import write_bytes

    lang = ui(ui_language)
    with friendly_errors(ui_language):
        from qa_speech.report.compare import comparison_lines, comparison_page
        from qa_speech.scorecard.compare import compare as run_compare
        from qa_speech.store.reports import read_calls

        found = run_compare(load(old), load(new), read_calls(calls))
        if html is not None:
            write_bytes(html, comparison_page(found, lang=lang).encode())
        if json_output:
            import msgspec

            typer.echo(msgspec.json.encode(found).decode())
            return
        for line in comparison_lines(found, lang=lang):
            typer.echo(line)

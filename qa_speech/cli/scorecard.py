"""`qa-speech scorecard new|check|lint|test|show|compare`: write, check and try a scorecard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa_speech.cli.common import EXIT_UNUSABLE, Language, MaskOption, UiOption, friendly_errors, ui
from qa_speech.errors import problem
from qa_speech.wording.lang import labelled
from qa_speech.wording.translate import problem_lines, translated

if TYPE_CHECKING:
    from qa_speech.scorecard.model import Criterion, Scorecard, Section

app = typer.Typer(no_args_is_help=True, help="Scorecards: write, check, try, compare.")

Name = Annotated[str, typer.Argument(help="A scorecard file, or the name of a shipped one.")]
Names = Annotated[
    list[str],
    typer.Argument(help="Scorecard files, or names of shipped ones.", show_default=False),
]


_LEVELS = {"problem": "问题", "note": "提示"}


def _in(lang: Language, zh: str, en: str) -> str:
    return zh if lang == "zh" else en


def load(name: str) -> Scorecard:
    """A file, or the name of a shipped scorecard."""
    from qa_speech.scorecard import load_scorecard
    from qa_speech.scorecard.choice import find_scorecard

    return load_scorecard(find_scorecard(name))


@app.command("new")
def new(
    path: Annotated[Path, typer.Argument(help="The file to write.", dir_okay=False, show_default=False)],
    title: Annotated[str, typer.Option("--title", help="Its title; of a Chinese file its name.")] = "",
    card_id: Annotated[
        str, typer.Option("--id", help="Its id; made of the name of the file unless given.", show_default=False)
    ] = "",
    like: Annotated[str | None, typer.Option("--like", help="Start from a shipped one.", show_default=False)] = None,
    ui_language: UiOption = None,
) -> None:
    """Write a new scorecard to begin with.

    Example: qa-speech scorecard new 我的评分表.yaml --like telecom-hotline
    """
    from qa_speech.errors import ConfigError
    from qa_speech.files import write_bytes
    from qa_speech.scorecard.choice import find_scorecard
    from qa_speech.scorecard.starter import id_of, new_scorecard

    with friendly_errors(ui_language):
        if path.exists():
            raise ConfigError(str(path), [problem("exists already; give another name, or move it away first")])
        name = card_id or id_of(path.stem)
        text = new_scorecard(name, title=title or _title(path.stem))
        if like is not None:
            text = find_scorecard(like).read_text(encoding="utf-8")
            text = text.replace(f"\nid: {load(like).id}\n", f"\nid: {name}\n", 1)
        write_bytes(path, text.encode())
    if name != path.stem:
        typer.echo(_in(ui(ui_language), f"评分表编号：{name}", f"id of the scorecard: {name}"), err=True)
    typer.echo(f"{path}")


def _title(stem: str) -> str:
    """The title of a scorecard in a file of this name."""
    chinese = stem.isalnum() and not stem.isascii()
    return stem if chinese else "质检评分表"


@app.command("check")
def check(files: Names, ui_language: UiOption = None) -> None:
    """Check files and list every problem at once.

    Example: qa-speech scorecard check scorecards/telecom-hotline.yaml
    """
    from qa_speech.errors import ConfigError

    bad = False
    for name in files:
        try:
            card = load(name)
        except ConfigError as exc:
            bad = True
            for line in problem_lines(exc, ui(ui_language)):
                typer.echo(line, err=True)
            continue
        with friendly_errors(ui_language):
            manual = sum([criterion.manual for criterion in card.criteria])
            criteria, examples = len(card.criteria), len(card.tests)
            card_name = f"{card.title} v{card.version}"
            zh = f"可用。{card_name}，{criteria} 项（人工 {manual} 项），{examples} 个例子"
            en = f"ok. {card_name}, {criteria} criteria ({manual} manual), {examples} examples"
            typer.echo(f"{name}: {_in(ui(ui_language), zh, en)}")
    if bad:
        raise typer.Exit(2)


@app.command("lint")
def lint(files: Names, ui_language: UiOption = None) -> None:
    """Find what is valid but wrong; exit 1 if anything is a problem.

    Example: qa-speech scorecard lint my-card.yaml
    """
    from qa_speech.scorecard.lint import lint as run_lint
    from qa_speech.scorecard.lint import problems
    from qa_speech.wording.lint import lint_sentence

    lang = ui(ui_language)
    bad = False
    with friendly_errors(ui_language):
        for name in files:
            found = run_lint(load(name))
            for finding in found:
                level = _in(lang, _LEVELS[finding.level], finding.level)
                typer.echo(f"{name}: {level}: {finding.where}: {lint_sentence(finding, lang)}")
            bad = bad or bool(problems(found))
            if not found:
                typer.echo(labelled(name, _in(lang, "没有发现问题", "nothing to complain about"), lang))
    if bad:
        raise typer.Exit(EXIT_UNUSABLE)


@app.command("test")
def try_examples(
    files: Names,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Name every example.")] = False,
    ui_language: UiOption = None,
) -> None:
    """Run the examples written inside scorecards; exit 1 if one fails.

    Example: qa-speech scorecard test scorecards/telecom-hotline.yaml
    """
    from qa_speech.scorecard.examples import covered, run_examples

    lang = ui(ui_language)
    failed = 0
    with friendly_errors(ui_language):
        for name in files:
            card = load(name)
            results = run_examples(card)
            bad = [result for result in results if not result.passed]
            failed += len(bad)
            for result in results:
                if not result.passed or verbose:
                    typer.echo(f"{'ok  ' if result.passed else 'FAIL'}  {name} :: {result.name}")
                for what in result.problems:
                    typer.echo(f"      {translated(what, lang)}")
            shown = covered(card, results)
            judged = [criterion.id for criterion in card.criteria if not criterion.manual]
            both = sum([{"pass", "fail"} <= shown[criterion] for criterion in judged])
            passed = len(results) - len(bad)
            zh = f"通过 {passed}，不符 {len(bad)}；{both}/{len(judged)} 项有正反两面的例子"
            en = f"{passed} passed, {len(bad)} failed; {both} of {len(judged)} criteria have an example each way"
            typer.echo(labelled(name, _in(lang, zh, en), lang))
    if failed:
        raise typer.Exit(EXIT_UNUSABLE)


@app.command("show")
def show(file: Name, ui_language: UiOption = None) -> None:
    """Print a scorecard as people read it.

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
    indent = "  " * depth
    yield f"\n{indent}{section.title}  ({_in(lang, '权重', 'weight')} {section.share:g})"
    for criterion in section.criteria:
        worth, marks = _worth(criterion, lang), _marks(criterion, lang)
        yield f"{indent}  {worth:>8}  {criterion.title}  [{criterion.id}]{marks}"
    for child in section.sections:
        yield from _section_lines(child, depth + 1, lang)


def _worth(criterion: Criterion, lang: Language) -> str:
    """Its points, or what it takes off."""
    deduct = criterion.deduct
    if deduct is not None:
        text = f"-{deduct.points:g}"
        if deduct.per == "hit":
            text += _in(lang, "/处", "/hit")
        if deduct.limit is not None:
            text += f"≤{deduct.limit:g}"
        return text
    if criterion.points is None:
        return "–"
    sign = "+" if criterion.bonus is not None else ""
    return f"{sign}{criterion.points:g}"


def _marks(criterion: Criterion, lang: Language) -> str:
    """What is special about it, and what it looks at."""
    found = []
    if criterion.fatal is not None:
        effect = criterion.fatal.name.replace("cap:", "≤")
        found.append(f"{_in(lang, '一票否决', 'fatal')}: {effect}")
    if criterion.manual:
        found.append(_in(lang, "人工", "manual"))
    if criterion.when is not None:
        found.append(_in(lang, "有条件", "conditional"))
    if not criterion.scored:
        found.append(_in(lang, "不计分", "not scored"))
    if criterion.check is not None:
        found.append(criterion.check.operator.label())
    return f"  {'，'.join(found)}" if found else ""


@app.command("compare")
def compare(
    old: Name,
    new: Name,
    calls: Annotated[
        Path,
        typer.Option(
            "--calls",
            exists=True,
            help="Stored calls: a result folder, a batch run, .jsonl or .json.",
            show_default=False,
        ),
    ],
    html: Annotated[
        Path | None, typer.Option("--html", dir_okay=False, help="Write a page too.", show_default=False)
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, help="Processes; default: one for each core.", show_default=False),
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON instead.")] = False,
    mask: MaskOption = True,
    ui_language: UiOption = None,
) -> None:
    """What would change with another scorecard: who moves band, and because of what.

    Example: qa-speech scorecard compare old.yaml new.yaml --calls qa-report --html changes.html
    """
    from qa_speech.files import write_bytes

    lang = ui(ui_language)
    with friendly_errors(ui_language):
        from qa_speech.batch.compare import compare_stored
        from qa_speech.report.compare import comparison_lines, comparison_page
        from qa_speech.report.links import links_from

        found = compare_stored(load(old), load(new), calls, workers=workers)
        if html is not None:
            link = links_from(html, calls, lang=lang, mask=mask)
            write_bytes(html, comparison_page(found, lang=lang, link=link, mask=mask).encode())
        if json_output:
            import msgspec

            typer.echo(msgspec.json.encode(found).decode())
            return
        for line in comparison_lines(found, lang=lang, mask=mask):
            typer.echo(line)

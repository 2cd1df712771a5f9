"""The language of the user: help and problems have a Chinese side, none is left over, and `--ui` chooses anywhere in the line."""

import ast
import importlib.util
import inspect
import re
import string
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import BaseModel
from typer._click import Command
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from qa_speech import validation
from qa_speech.cli import COMMANDS, app, loaded
from qa_speech.cli.helping import EXAMPLE
from qa_speech.cli.slips import FRAMES
from qa_speech.cli.tongue import LOCALE, VARIABLE
from qa_speech.errors import AudioError, ConfigError, ModelError, PluginError, problem
from qa_speech.metrics import BUILTIN
from qa_speech.settings import Settings
from qa_speech.wording.translate import FOREIGN, TABLES, chinese, error_text, retold, translated

ROOT = Path(__file__).parent.parent
HAN = re.compile("[\u4e00-\u9fff]")
OF_THE_FRAMEWORK = {
    "Arguments", "Options", "Commands", "[OPTIONS]", "COMMAND", "[ARGS]...", "default:", "required", "env var:",
}  # fmt: skip
"""Words of a page that no command brings."""


def paragraphs(command: Command) -> Iterator[str]:
    """All that a command, its options and those inside it say of themselves, but examples."""
    for text in [command.help, *(getattr(param, "help", "") for param in command.params)]:
        for paragraph in (text or "").split("\n\n"):
            if paragraph and not paragraph.startswith(EXAMPLE):
                yield " ".join(line.strip() for line in paragraph.splitlines())
    for inner in command.commands.values() if isinstance(command, TyperGroup) else ():
        yield from paragraphs(inner)


@pytest.fixture(scope="module")
def said() -> set[str]:
    texts = {place.sentence for place in COMMANDS.values()} | set(paragraphs(get_command(app)))
    for name in COMMANDS:
        texts |= set(paragraphs(loaded(name)))
    return texts | OF_THE_FRAMEWORK | {"Show this message and exit."}


def test_all_help_has_a_chinese_side_and_no_side_is_left_over(said: set[str]) -> None:
    assert said - set(chinese("help")) == set(), (
        "add these to qa_speech/wording/chinese/help.tsv: English, tab, Chinese"
    )
    assert set(chinese("help")) - said == set(), "no command says these any more"


def test_help_is_of_one_language(said: set[str]) -> None:
    allowed = "工单号, 编号, 重复工单"  # names of columns in a file

    assert [text for text in said if HAN.search(text.replace(allowed, ""))] == []


def templates() -> set[str]:
    """First arguments of `problem(…)` in the source."""
    found = {template for _, template in FRAMES} | {template for _, template in validation.BOUNDS.values()}
    for file in (ROOT / "qa_speech").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "problem":
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    found.add(str(first.value))
    return found


def test_all_problems_have_a_chinese_side_and_no_side_is_left_over() -> None:
    made = templates() | FOREIGN

    assert made - set(chinese("problems")) == set(), "add these to qa_speech/wording/chinese/problems.tsv"
    assert set(chinese("problems")) - made == set(), "nothing raises these any more"


def test_all_settings_have_a_chinese_side() -> None:
    texts: set[str] = set()
    models: list[type[BaseModel]] = [Settings]
    make_settings = maker("make_settings")
    while models:
        model = models.pop()
        if model is not Settings:
            texts |= {" ".join(part.split()) for part in inspect.cleandoc(model.__doc__ or "").split("\n\n")}
        for field in model.model_fields.values():
            inner = make_settings._model(field.annotation)
            if inner is None:
                texts.add(field.description or "")
            else:
                models.append(inner)

    assert texts ^ set(chinese("settings")) == set()


def test_all_metrics_and_their_parameters_have_a_chinese_side() -> None:
    keys = {f"needs:{need}" for line in BUILTIN for need in line.needs}
    for line in BUILTIN:
        keys |= {line.name, f"{line.name}:definition", *(f"{line.name}({name})" for name in line.params)}

    assert keys ^ set(chinese("metrics")) == set()


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_sides_of_a_problem_have_the_same_gaps() -> None:
    assert [english for english, told in chinese("problems").items() if gaps(english) != gaps(told)] == []


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_chinese_and_each_entry_stands_once(name: str) -> None:
    lines = (ROOT / "qa_speech/wording/chinese" / f"{name}.tsv").read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if line.count("\t") != 1] == []
    assert len(chinese(name)) == len(lines)
    words = [re.sub(r"\{[^{}]*\}", "", told) for told in chinese(name).values()]
    assert [told for told in words if re.search("[A-Za-z]", told) and not HAN.search(told)] == []


def maker(name: str) -> ModuleType:
    """A program of docs/."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_of_settings_is_what_the_model_says() -> None:
    make_settings = maker("make_settings")

    for lang, file in make_settings.FILES.items():
        assert file.read_text(encoding="utf-8") == make_settings.page(lang), "run: python docs/make_settings.py"


def test_the_chinese_page_of_metrics_is_what_the_metrics_say() -> None:
    make_metrics = maker("make_metrics")

    assert make_metrics.CHINESE.read_text(encoding="utf-8") == make_metrics.chinese_page(), (
        "run: python docs/make_metrics.py"
    )


# ---------------------------------------------------------------------------------------------- on the command line


def run(line: str, **environ: str) -> str:
    env: dict[str, str | None] = {name: environ.get(name) for name in (VARIABLE, *LOCALE)}
    return CliRunner().invoke(app, line.split(), env=env).output


@pytest.mark.parametrize(
    ("line", "environ", "chinese_page"),
    [
        ("--help", {}, True),
        ("--help", {"LANG": "en_US.UTF-8"}, False),
        ("--help", {"LANG": "en_US.UTF-8", "QA_SPEECH_UI": "zh"}, True),
        ("--help --ui en", {}, False),
        ("--ui en metrics --help", {}, False),
        ("metrics list --help --ui=en", {"LANG": "zh_CN"}, False),
        ("review --ui zh", {"LANG": "en_US.UTF-8"}, True),
    ],
)
def test_help_is_in_the_language_asked_for(line: str, environ: dict[str, str], chinese_page: bool) -> None:
    page = run(line, **environ)

    assert page.startswith("用法：") == chinese_page
    assert bool(HAN.search(page)) == chinese_page


@pytest.mark.parametrize(
    ("asked", "environ", "chinese_side"),
    [
        ("", {"LANG": "zh_CN.UTF-8"}, False),
        ("", {}, False),
        ("", {"QA_SPEECH_UI": "zh"}, True),
        ("--ui zh", {}, True),
    ],
)
def test_the_settings_file_chooses_behind_option_and_environment_and_before_the_locale(
    asked: str, environ: dict[str, str], chinese_side: bool, tmp_path: Path
) -> None:
    settings = tmp_path / "qa_speech.toml"
    settings.write_text("ui = 'en'\n", encoding="utf-8")
    told = run(f"audio {tmp_path}/gone.wav --config {settings} {asked}", **environ)

    assert bool(HAN.search(told)) == chinese_side


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("inspct", "错误：没有命令 inspct；是不是想写 'inspect'？"),
        ("review exprt", "错误：没有命令 exprt；是不是想写 'export'？"),
        ("inspect x --modle y", "错误：没有选项 --modle；是不是想写 --model？"),
        ("inspect", "错误：缺少参数 路径"),
        ("models tune x", "错误：缺少选项 --calls"),
        ("inspect x --agent-channel 3", "错误：选项 --agent-channel 的值不对：不能大于 2"),
        ("inspect x --agent-channel a", "错误：选项 --agent-channel 的值不对：应为整数"),
        ("inspect --model", "错误：选项 --model 后面要写一个值"),
        ("doctor x", "错误：多写了：x"),
        ("doctor --ui fr", "错误：选项 --ui 的值不对：应为 zh 或 en"),
        ("--umask 99 doctor", "错误：选项 --umask 的值不对：“99”；应为如 027"),
        ("inspect x --modle y --ui en", "error: there is no option --modle; did you mean --model?"),
    ],
)
def test_a_slip_of_the_pen_is_told_with_what_was_meant(line: str, told: str) -> None:
    assert run(line).rstrip().endswith(told)


def test_list_of_metrics_and_a_metric_are_told_in_the_language_asked_for() -> None:
    assert "双方都不说话的次数" in run("metrics list")
    assert "Count the silences" in run("metrics list --ui en")
    assert "最短几秒算一次静音" in run("metrics show silence")
    assert not HAN.search(run("metrics show talk --ui en"))


# ---------------------------------------------------------------------------------------------- errors as sentences


def test_an_error_is_told_in_the_language_asked_for() -> None:
    what = problem("{what}; did you mean {close!r}?", what=problem("expected a number"), close="pad_s")
    one, two = ConfigError("qa_speech.toml", [what]), ConfigError("card", [what, "as it is"])

    assert str(one) == "qa_speech.toml: expected a number; did you mean 'pad_s'?"
    assert error_text(one, "en") == str(one)
    assert error_text(one, "zh") == "qa_speech.toml：应为数字；是不是想写“pad_s”？"
    assert error_text(two, "zh") == "card：2 处问题\n  应为数字；是不是想写“pad_s”？\n  as it is"
    assert error_text(ModelError("--model", problem("expected a number")), "zh") == "选项 --model：应为数字"
    assert error_text(AudioError("a.wav", "odd"), "zh") == "a.wav：odd"
    assert error_text(PluginError("x", problem("expected a number")), "zh") == "x：应为数字"


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ("in/a.wav: the file is empty (0 bytes)", "in/a.wav：文件是空的（0 字节）"),
        ("b.wav: cannot be opened: Permission denied", "b.wav：打不开：没有权限"),
        ("diarize: a.wav: longer than 1 hours (diarize.max_hours)", "diarize: a.wav：超过 1 小时（diarize.max_hours）"),
        ("in/c.wav: what nobody raises: at all", "in/c.wav: what nobody raises: at all"),
        ("in/c.wav: 没有声音", "in/c.wav: 没有声音"),
    ],
)
def test_a_message_that_was_kept_in_english_is_known_again(kept: str, told: str) -> None:
    assert retold(kept, "zh") == told
    assert retold(kept, "en") == kept


def test_every_problem_is_known_again_by_its_english_text() -> None:
    template = "{path}: {name} is {value!r}, expected {least_s:g} to {longest_s:g} seconds"
    made = problem(template, path="a", name="window_s", value="x", least_s=1.0, longest_s=30)

    assert retold(str(made), "zh") == translated(made, "zh")


def test_a_problem_that_no_table_has_stays_english() -> None:
    assert translated(problem("{count} odd things", count=2), "zh") == "2 odd things"


@pytest.mark.parametrize(
    ("lang", "told"),
    [("zh", "：已跳过：“{place}”（隐藏文件）"), ("en", ": left out: '{place}' (a hidden file)")],
)
def test_what_the_library_logs_is_told_in_the_language_asked_for(lang: str, told: str, tmp_path: Path) -> None:
    hidden = tmp_path / ".b.wav"
    hidden.write_bytes(b"")
    found = CliRunner().invoke(app, ["--ui", lang, "audio", str(tmp_path)])

    assert told.format(place=hidden) in found.stderr

"""The guards: public names, lazy imports, docs that name every command and metric, options that equal the library's."""

import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer._click import Command
from typer.core import TyperGroup
from typer.testing import CliRunner

import qa_speech
from qa_speech.cli import COMMANDS, app, loaded
from qa_speech.metrics import metrics
from qa_speech.pipeline import inspect_many
from qa_speech.settings import Settings

ROOT = Path(__file__).parent.parent
HEAVY = (
    "av", "ctranslate2", "duckdb", "faster_whisper", "jieba", "jinja2", "librosa", "numba", "onnxruntime", "opencc",
    "pydantic", "pypinyin", "re2", "rjieba", "scipy", "sklearn", "soundfile", "soxr", "torch", "transformers", "yaml",
)  # fmt: skip
PUBLIC = {
    "Acoustics", "AudioError", "BusyError", "Call", "CallFailure", "CallInput", "CallReport", "ChannelError",
    "ConfigError", "CriterionScore", "DecodeError", "EngineError", "Evidence", "Finding", "Measurement",
    "ModelError", "OtherSound", "PluginError", "QaSpeechError", "RecognizerPool", "Recording", "Role", "Score",
    "Scorecard", "SectionScore", "Segment", "Settings", "Timeline", "Utterance", "Word", "explain", "find_inputs",
    "inspect_call", "inspect_many", "load_recognizer", "load_scorecard", "load_settings", "measure", "measure_all",
    "metrics", "read_calls", "score", "show", "to_frame", "write_call",
}  # fmt: skip


def test_the_public_names_are_pinned_and_all_there() -> None:
    assert set(qa_speech.__all__) == PUBLIC
    assert [name for name in PUBLIC if getattr(qa_speech, name, None) is None] == []
    assert set(dir(qa_speech)) >= PUBLIC
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = qa_speech.nothing


@pytest.mark.parametrize(
    "code", ["import qa_speech", "from qa_speech.cli import app; app(['--help'], standalone_mode=False)"]
)
def test_help_and_import_load_nothing_heavy(code: str) -> None:
    program = f"import sys\n{code}\nprint('LOADED', *sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    loaded = next(line for line in done.stdout.splitlines() if line.startswith("LOADED")).split()

    assert [name for name in HEAVY if name in loaded] == []


def commands() -> dict[str, Command]:
    """Every command as ``group name``."""
    found: dict[str, Command] = {}
    waiting = [(name, loaded(name)) for name in COMMANDS]
    while waiting:
        name, command = waiting.pop(0)
        if isinstance(command, TyperGroup):
            waiting += [(f"{name} {inner}", leaf) for inner, leaf in command.commands.items()]
        else:
            found[name] = command
    return found


@pytest.mark.parametrize(("name", "command"), commands().items(), ids=list(commands()))
def test_every_command_has_help_with_an_example_and_is_in_the_docs(name: str, command: Command) -> None:
    docs = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")

    assert "Example: qa-speech" in (command.help or "")
    assert f"qa-speech {name}" in docs


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_of_each_what_it_says_of_itself_first(name: str) -> None:
    assert COMMANDS[name].sentence == (loaded(name).help or "").partition("\n")[0]


def test_help_loads_no_command_and_a_slip_of_the_pen_is_told_what_was_meant() -> None:
    program = "import sys\nfrom qa_speech.cli import app\napp(['--help'], standalone_mode=False)\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert "qa_speech.cli.inspect" not in done.stdout.split()
    assert "did you mean 'inspect'?" in CliRunner().invoke(app, ["inspct", "--ui", "en"]).output


def test_the_printed_help_in_the_docs_is_what_the_commands_print() -> None:
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        make_cli = importlib.import_module("make_cli")
    finally:
        sys.path.pop(0)

    for lang, file in make_cli.FILES.items():
        assert file.read_text(encoding="utf-8") == make_cli.page(lang), "run: python docs/make_cli.py"


@pytest.mark.parametrize("name", sorted(metrics()))
def test_every_metric_is_defined_in_the_docs(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")


def test_options_of_inspect_are_those_of_the_library() -> None:
    library = set(inspect.signature(inspect_many).parameters) | set(Settings.model_fields)
    ours = {"model": "recognizer", "language": "recognition", "config": "settings"}
    ours |= dict.fromkeys(("paths", "transcripts", "raw"), "inputs")
    shown = {
        "out",
        "json_lines",
        "fail_under",
        "embed_audio",
        "mask",
        "ui_language",
    }  # about the output, not the inspection

    options = set(inspect.signature(commands()["inspect"].callback).parameters)

    assert {ours.get(name, name) for name in options - shown} <= library


def test_every_module_imports_and_says_what_it_is() -> None:
    alone = ("qa_speech.__main__", "qa_speech.marks.migrations.env")  # these do their work when they are imported
    names = [item.name for item in pkgutil.walk_packages(qa_speech.__path__, "qa_speech.") if item.name not in alone]

    undocumented = [name for name in names if not importlib.import_module(name).__doc__]

    assert undocumented == []


def test_the_layers_hold() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr

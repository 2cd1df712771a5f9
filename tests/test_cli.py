import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile
from typer.testing import CliRunner, Result

import qa_speech
from qa_speech.call import Role
from qa_speech.cli import app
from qa_speech.cli.tongue import LOCALE, VARIABLE, of_environment
from qa_speech.documents import decode
from qa_speech.metrics import metrics
from qa_speech.resources import folder
from qa_speech.scores import CallReport

SAMPLES = folder("samples")


def run(*args: object) -> Result:
    return CliRunner().invoke(app, [str(item) for item in args], env={"LANG": "zh_CN.UTF-8", "LC_ALL": "zh_CN.UTF-8"})


@pytest.fixture(scope="module")
def two_calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("recordings")
    for name in ("good-service.ogg", "taboo-interruption.wav"):
        shutil.copy(SAMPLES / name, place)
    return place


@pytest.fixture(scope="module")
def inspected(two_calls: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "结果"
    result = run("inspect", two_calls, "--model", "demo", "--out", out)
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == 2
    return out


def test_inspect_writes_a_folder_a_person_can_open(inspected: Path) -> None:
    names = {item.relative_to(inspected).as_posix() for item in inspected.rglob("*") if item.is_file()}

    assert {"index.html", "results.csv"} <= names
    for stem in ("good-service.ogg", "taboo-interruption.wav"):
        assert {f"pages/{stem}.html", f"audio/{stem}.mp3", f"calls/{stem}.json", f"scores/{stem}.json"} <= names


def test_the_table_has_a_row_per_call_that_excel_opens(inspected: Path) -> None:
    content = (inspected / "results.csv").read_bytes()
    rows = list(csv.DictReader(content.decode("utf-8-sig").splitlines()))

    assert content.startswith(b"\xef\xbb\xbf")
    assert [row["id"] for row in rows] == ["good-service.ogg", "taboo-interruption.wav"]
    assert float(rows[0]["total"]) > float(rows[1]["total"])


def test_the_good_call_passes_and_the_rude_one_fails_with_its_words(inspected: Path) -> None:
    scores = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (inspected / "scores").iterdir()}

    good, rude = scores["good-service.ogg"], scores["taboo-interruption.wav"]
    assert good["passed"]
    assert not rude["passed"]
    quotes = [
        item["quote"] for criterion in rude["criteria"] for item in criterion["evidence"] if item["kind"] == "quote"
    ]
    assert any("你急什么" in quote for quote in quotes)


def test_score_repeats_the_scores_without_audio_or_model(inspected: Path, tmp_path: Path) -> None:
    result = run("score", inspected, "--json", "--scorecard", "telecom-hotline")

    assert result.exit_code == 0, result.output
    reports = [decode(line, CallReport) for line in result.stdout.splitlines()]
    for report in reports:
        stored = json.loads((inspected / "scores" / f"{report.id}.json").read_text(encoding="utf-8"))
        assert report.score is not None
        assert (report.score.total, report.score.band) == (stored["total"], stored["band"])


def test_a_bad_recording_among_good_ones_is_a_row_and_exit_3(two_calls: Path, tmp_path: Path) -> None:
    place = tmp_path / "in"
    shutil.copytree(two_calls, place)
    (place / "good-service.ogg").unlink()
    (place / "坏.wav").write_bytes(b"nothing")

    result = run("inspect", place, "--model", "none", "--out", tmp_path / "out")

    assert result.exit_code == 3
    assert "坏.wav  失败" in result.stdout
    assert "坏.wav" in (tmp_path / "out" / "results.csv").read_text(encoding="utf-8-sig")
    assert "坏.wav" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")


def test_one_bad_recording_is_exit_1(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"")

    assert run("inspect", tmp_path / "a.wav", "--model", "none", "--out", tmp_path / "out").exit_code == 1


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("inspect", SAMPLES), "--model none"),
        (("inspect", SAMPLES, "--model", "large-v3"), "程序不会擅自下载"),
        (("inspect", SAMPLES, "--model", "none", "--scorecard", "no-such-card"), "telecom-hotline"),
        (("inspect", SAMPLES, "--model", "none", "--config", "none.toml"), "读不了：没有这个文件或目录"),
        (("score", "none.json"), "读不了：没有这个文件或目录"),
        (("metrics", "show", "silense"), "是不是想写“silence”"),
        (("models", "pull", "enormous"), "可写：tiny"),
    ],
)
def test_what_is_missing_is_one_message_and_exit_2(
    args: tuple[object, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))

    result = run(*args)

    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("错误：") == 1
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_no_such_path_is_exit_1() -> None:
    result = run("inspect", "/nowhere/call.wav", "--model", "none")

    assert result.exit_code == 1
    assert "没有这个文件或目录" in result.stderr


def test_fail_under_is_exit_4(inspected: Path) -> None:
    assert run("score", inspected, "--fail-under", 80).exit_code == 4
    assert run("score", inspected, "--fail-under", 1).exit_code == 0


def test_transcripts_alone_and_for_recordings(two_calls: Path, tmp_path: Path) -> None:
    words = tmp_path / "words"
    words.mkdir()
    (words / "good-service.txt").write_text("坐席：您好，工号一零零一\n客户：我想查话费\n", encoding="utf-8")

    alone = run("inspect", words, "--json")
    lent = run("inspect", two_calls, "--transcripts", words, "--json")

    report = decode(alone.stdout, CallReport)
    assert (report.call.recording.layout, report.call.times) == ("none", "nominal")
    first, second = (decode(line, CallReport) for line in lent.stdout.splitlines())
    assert "".join(item.text or "" for item in first.call.utterances_of(Role.AGENT)) == "您好，工号一零零一"
    assert not second.call.recognised


def test_embedded_audio_leaves_no_folder_of_its_own(two_calls: Path, tmp_path: Path) -> None:
    result = run(
        "inspect", two_calls / "taboo-interruption.wav", "--model", "none", "--out", tmp_path / "o", "--embed-audio"
    )

    assert result.exit_code == 0, result.output
    assert not (tmp_path / "o" / "audio").exists()
    assert "data:audio/mpeg;base64," in (tmp_path / "o" / "pages" / "taboo-interruption.wav.html").read_text(
        encoding="utf-8"
    )


def test_headerless_recordings_with_their_format_given(tmp_path: Path) -> None:
    samples, rate = soundfile.read(SAMPLES / "taboo-interruption.wav", dtype="float32")
    soundfile.write(tmp_path / "call.V3", samples[: 20 * rate], rate, format="RAW", subtype="ULAW")

    without = run("inspect", tmp_path / "call.V3", "--model", "none", "--json")
    given = run("inspect", tmp_path / "call.V3", "--model", "none", "--json", "--raw", "ulaw:8000:2")
    wrong = run("inspect", tmp_path / "call.V3", "--model", "none", "--raw", "mp9")

    assert without.exit_code == 1
    assert decode(given.stdout, CallReport).call.recording.layout == "two_channel"
    assert decode(given.stdout, CallReport).call.duration == pytest.approx(20)
    assert wrong.exit_code == 2
    assert "可用：alaw" in wrong.stderr


def test_doctor_says_what_works_here() -> None:
    result = run("doctor", "--ui", "en")

    assert result.exit_code == 0, result.output
    assert "✓ speech detector" in result.stdout
    assert "model demo" in result.stdout


def test_models_list_and_verify() -> None:
    assert "demo\t" in run("models", "list").stdout
    result = run("models", "verify", "demo")
    assert (result.exit_code, result.stdout.strip()) == (0, "✓ demo 完好")


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_TW"}, "zh"),
        ({"LANG": "C.UTF-8"}, "zh"),
        ({"LANG": "POSIX"}, "zh"),
        ({"LANG": "cs_CZ.UTF-8"}, "en"),
        ({"QA_SPEECH_UI": "en", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LANG": "ca_ES@valencia"}, "en"),
        ({}, "zh"),
    ],
)
def test_the_interface_speaks_the_language_of_the_locale(
    environ: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (VARIABLE, *LOCALE):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    assert of_environment() == language


def test_metrics_show_gives_definition_parameters_and_components() -> None:
    shown = run("metrics", "show", "silence").stdout

    assert "min_silence_s = 3.0" in shown
    assert "silence.longest_s" in shown


def test_metrics_list_has_a_line_for_each_with_unit_and_what_it_needs() -> None:
    lines = [line.split("\t") for line in run("metrics", "list").stdout.splitlines()]

    assert [line[0].removesuffix("（按角色）") for line in lines] == list(metrics())
    assert ["silence", "次"] in [line[:2] for line in lines]
    assert "talk（按角色）" in [line[0] for line in lines]


def test_the_version_is_the_one_of_the_package() -> None:
    assert run("--version").stdout == f"qa-speech {qa_speech.__version__}\n"


@pytest.mark.parametrize(("raised", "code", "said"), [(KeyboardInterrupt, 130, "已中断"), (BrokenPipeError, 0, "")])
def test_an_interrupt_is_exit_130_and_a_reader_that_left_is_no_error(
    raised: type[BaseException], code: int, said: str
) -> None:
    program = f"import qa_speech.cli as cli\ndef app(): raise {raised.__name__}\ncli.app = app\ncli.main()\n"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_exits_1_where_something_is_broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QA_SPEECH_MODELS", str(tmp_path / "none"))

    result = run("doctor", "--ui", "en")

    assert result.exit_code == 1
    assert "✗ QA_SPEECH_MODELS" in result.stdout


def test_the_scorecards_of_the_settings_are_used_where_none_is_given(inspected: Path, tmp_path: Path) -> None:
    one, rules = tmp_path / "one.toml", tmp_path / "rules.toml"
    one.write_text('scorecard = "quality-only"\n', encoding="utf-8")
    rules.write_text('[[scorecards]]\nfile = "complaint"\nwhen = {queue = "投诉"}\n', encoding="utf-8")

    cards = []
    for config in (one, rules):
        lines = run("score", inspected, "--json", "--config", config).stdout.splitlines()
        scores = [decode(line, CallReport).score for line in lines]
        cards.append([score and score.scorecard_id for score in scores])

    assert cards == [["quality-only"] * 2, [None] * 2]

"""No command calls anybody or leaves a file behind: every command of the program, watched from outside for as long as it takes
native libraries to call their makers.

Each runs under strace in a process of its own, all at once, and its process then stays for the rest of the time (the first
look-up of onnxruntime came 16 s after its start). Run again after every change of a native dependency.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
STAYS_S = float(os.environ.get("QA_SPEECH_OFFLINE_S", "20"))
"""Seconds from its start that a process is watched; `.ci/run` sets 40."""
WATCHED = (
    "connect,sendto,sendmsg,sendmmsg,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat"
)
_NETWORK = re.compile(r"(?:connect|sendto|sendmsg|sendmmsg)\(.*(?:AF_INET6?|nscd)")
_OPENED = re.compile(r"openat\([^<]*<(?P<folder>[^>]*)>, \"(?P<path>[^\"]*)\", (?P<flags>[A-Z_|]+).*= \d+")
_MADE = re.compile(
    r"(?:mkdir|creat|rename|link|symlink)\w*\(.*?\"(?P<path>[^\"]*)\"[^\"]*(?:\"(?P<to>[^\"]*)\")?.*= \d+"
)
_WRITES = ("O_WRONLY", "O_RDWR", "O_CREAT")
_HARMLESS = ("/dev/", "/proc/")
STAY = """
import json, sys, time
begin = time.monotonic()
from qa_speech.cli import main
seconds, commands = float(sys.argv[1]), json.loads(sys.argv[2])
for command in commands:
    sys.argv = ["qa-speech", *command]
    try:
        main()
    except SystemExit as exc:
        print("exit", exc.code, command[0])
time.sleep(max(0.0, seconds - (time.monotonic() - begin)))
"""
COMMANDS: Mapping[str, Sequence[str]] = {
    "inspect": ("inspect samples/good-service.ogg --model demo --out inspect/out",),
    "batch": (
        "batch run samples/gsm.wav --model demo --out batch/out",
        "batch status batch/out",
        "batch compact batch/out",
        "batch forget batch/out --call gsm.wav",
    ),
    "sound": (
        "score made/result --out sound/score",
        "clips made/result --worst 1 --out sound/clips",
        "redact made/result --model demo --out sound/redact",
        "audio samples/gsm.wav",
        "annotate sound/copy",
    ),
    "words": (
        "doctor",
        "metrics list",
        "models list",
        "models verify demo",
        "scorecard lint scorecards/telecom-hotline.yaml",
        "scorecard test scorecards/telecom-hotline.yaml",
        "scorecard new words/card.yaml",
        "sample new words/plan.yaml",
        "query made/run 'select count(*) from results'",
        "export made/run --to words/results.xlsx",
        "review export made/run --out words/sheet.xlsx",
    ),
    "month": (
        "sample draw made/run --plan month/plan.toml --out month/drawn",
        "sample verify month/drawn made/run",
        "report month/run --period 2026-11 --out month/report",
    ),
    "demo": ("demo --out demo/out",),
}
"""Commands that one process runs after each other; what they write lies in the folder of that name."""
if find_spec("sherpa_onnx") is not None:
    COMMANDS = {**COMMANDS, "sherpa": ("transcribe samples/gsm.wav --model demo-ctc --out sherpa/out",)}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with samples, cards, a result and a run, as people have them."""
    folder = tmp_path_factory.mktemp("offline")
    for name in ("samples", "scorecards"):
        (folder / name).symlink_to(ROOT / name)
    for command in (
        ("inspect", "samples/slow-answer.ogg", "--model", "demo", "--out", "made/result"),
        ("batch", "run", "samples/slow-answer.ogg", "--model", "demo", "--out", "made/run"),
    ):
        subprocess.run(
            [sys.executable, "-m", "qa_speech", *command],
            cwd=folder,
            env=_environment(folder),
            check=True,
            capture_output=True,
        )
    for name in COMMANDS:
        (folder / name).mkdir()
    shutil.copytree(folder / "made" / "result", folder / "sound" / "copy")
    shutil.copytree(ROOT / "samples" / "month" / "run", folder / "month" / "run")
    (folder / "month" / "plan.toml").write_text("seed = 1\nper = []\nnumber = 1\n", encoding="utf-8")
    return folder


def _environment(folder: Path) -> dict[str, str]:
    """Caches and temporary files have their declared places, and nothing else may be written."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    (folder / "tmp").mkdir(exist_ok=True)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "TMPDIR": str(folder / "tmp"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(ROOT),
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
    }


@contextmanager
def watched(arguments: Sequence[str], folder: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Python with these arguments, in a folder, under strace; what it says goes to a file beside the log."""
    traced = [
        "strace",
        "-f",
        "-qq",
        "-y",
        "--seccomp-bpf",
        "-e",
        f"trace={WATCHED}",
        "-e",
        "signal=none",
        "-o",
        str(log),
    ]
    with log.with_suffix(".said").open("wb") as said:
        process = subprocess.Popen(
            [*traced, sys.executable, "-c", *arguments],
            cwd=folder,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def calls_out(log: Path) -> list[str]:
    """What reached for the network: look-ups, connections, packets."""
    return [line for line in log.read_text("utf-8", "replace").splitlines() if _NETWORK.search(line)]


def files_made(log: Path, folder: Path) -> Iterator[Path]:
    """Every file and folder that was made or opened for writing."""
    for line in log.read_text("utf-8", "replace").splitlines():
        opened = _OPENED.search(line)
        if opened is not None:
            if any(flag in opened["flags"] for flag in _WRITES) and not opened["path"].startswith(_HARMLESS):
                yield Path(opened["folder"], opened["path"])
            continue
        made = _MADE.search(line)
        if made is not None:
            yield folder / (made["to"] or made["path"])


def _is_declared(path: Path, folder: Path, name: str) -> bool:
    """Its output, the cache of this program, temporary files; a run that is read may be locked, and notes what it was asked."""
    places = [folder / name, folder / "cache" / "qa_speech", folder / "tmp", folder / "made" / "run"]
    return path == folder / "cache" or any(path == one or one in path.parents for one in places)


@pytest.mark.slow
@pytest.mark.tool("strace")
def test_no_command_calls_anybody_or_leaves_a_file_outside_its_output(place: Path) -> None:
    with ExitStack() as stack:
        running = []
        for name, commands in COMMANDS.items():
            arguments = json.dumps([shlex.split(command) for command in commands])
            started = watched([STAY, str(STAYS_S), arguments], place, place / f"{name}.strace")
            running.append(stack.enter_context(started))
        for process in running:
            process.wait(timeout=240)
    problems = {}
    for name, commands in COMMANDS.items():
        log, said = place / f"{name}.strace", (place / f"{name}.said").read_text("utf-8", "replace")
        ended = [] if said.count("exit 0") == len(commands) else [said[-2000:]]
        left = [str(path) for path in files_made(log, place) if not _is_declared(path, place, name)]
        problems[name] = [*ended, *calls_out(log), *left]
    assert {name: found for name, found in problems.items() if found} == {}


@pytest.mark.tool("strace")
def test_a_look_up_and_a_file_elsewhere_would_be_seen(tmp_path: Path) -> None:
    script = "import socket, pathlib\npathlib.Path('left').write_text('x')\nsocket.getaddrinfo('localhost.invalid', 80)"
    log = tmp_path / "log"

    with watched([script], tmp_path, log) as process:
        process.wait(timeout=60)

    assert calls_out(log)
    assert tmp_path / "left" in set(files_made(log, tmp_path))


@pytest.mark.parametrize(
    "module", ["qa_speech.batch.child", "qa_speech.batch.ray", "qa_speech.testing", "qa_speech.engines.silero"]
)
def test_whoever_loads_a_part_of_it_has_the_telemetry_of_native_libraries_off(module: str) -> None:
    code = f"import os, {module}; print(os.environ['ORT_DISABLE_TELEMETRY'], os.environ['RAY_USAGE_STATS_ENABLED'])"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "ORT_DISABLE_TELEMETRY": "0"}

    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["1", "0"]

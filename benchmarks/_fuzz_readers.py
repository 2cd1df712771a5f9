"""What a coverage-guided fuzzer (atheris) makes of the readers of transcripts: a process of its own, started by `fuzz.py`.

    python benchmarks/_fuzz_readers.py CORPUS -max_total_time=600

`CORPUS` holds the documents to begin with. The first byte of an input chooses the suffix of its file. A crash ends the process
with another exit code than 0; "Done N runs" stands in what it writes to stderr.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["qa_speech.engines.transcripts", "qa_speech.language.encodings"]):
    from qa_speech.engines.transcripts.reading import read_transcript

from qa_speech.errors import QaSpeechError

SUFFIXES = (".json", ".txt", ".srt", ".vtt", ".ctm")
PLACE = Path(tempfile.mkdtemp(prefix="fuzz-"))


def begin(corpus: Path) -> None:
    """The documents of the tests, each behind the byte of its suffix."""
    from transcript_kit import JSON_FORMATS, TEXT_FORMATS, write

    documents = {f"{name}.json": content for name, (content, _) in JSON_FORMATS.items()}
    documents |= {name: content for name, (content, _) in TEXT_FORMATS.items()}
    corpus.mkdir(exist_ok=True)
    for number, (name, content) in enumerate(documents.items()):
        suffix = Path(name).suffix
        path = write(corpus, f"{number}{suffix}", content)
        path.write_bytes(bytes([SUFFIXES.index(suffix)]) + path.read_bytes())


def once(noise: bytes) -> None:
    """Read one document: a transcript or an error of ours."""
    if not noise:
        return
    path = PLACE / f"a{SUFFIXES[noise[0] % len(SUFFIXES)]}"
    path.write_bytes(noise[1:])
    try:
        read_transcript(path)
    except QaSpeechError:
        return


if __name__ == "__main__":
    logging.disable()
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
    begin(Path(sys.argv[1]))
    os.chdir(PLACE)
    atheris.Setup(sys.argv, once)
    atheris.Fuzz()

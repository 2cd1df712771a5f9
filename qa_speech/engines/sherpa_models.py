"""Which model for sherpa-onnx a folder holds, told by its files and by what they say of themselves; nothing is loaded.

    tokens.txt + model.onnx or model.int8.onnx           Paraformer, SenseVoice, FireRedASR-CTC, zipformer, NeMo or WeNet CTC
    tokens.txt + encoder, decoder, joiner                transducer (zipformer …)
    encoder + decoder alone                              refused: such models tell no times

File names may say more (``model.int8.onnx``, ``encoder-epoch-99-avg-1.onnx``). sherpa-onnx ends the whole process where a file
is not what it expects, so what it expects is checked here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from qa_speech.engines.onnx_head import OnnxHead, read_head
from qa_speech.errors import ModelError, problem

TOKENS = "tokens.txt"
BPE = "bpe.vocab"
INT8 = ".int8.onnx"
PARTS = ("encoder", "decoder", "joiner")
BLANKS = ("<blk>", "<blank>", "<eps>")
RATE, BINS = 16_000, 80


class Kind(NamedTuple):
    """A kind of model: its name, its loader in ``sherpa_onnx.OfflineRecognizer``, what its metadata must hold, whether a blank
    must be among its tokens, and whether it takes hotwords."""

    name: str
    loader: str
    metadata: tuple[str, ...] = ()
    blank: bool = True
    hotwords: bool = False


_LFR = ("vocab_size", "lfr_window_size", "lfr_window_shift", "neg_mean", "inv_stddev")
_LANGUAGES = ("lang_auto", "lang_zh", "lang_en", "lang_ja", "lang_ko", "lang_yue")
PARAFORMER = Kind("paraformer", "from_paraformer", _LFR, blank=False)
SENSE_VOICE = Kind(
    "sense-voice",
    "from_sense_voice",
    (*_LFR, "normalize_samples", "with_itn", "without_itn", *_LANGUAGES),
    blank=False,
)
FIRE_RED = Kind("fire-red-asr-ctc", "from_fire_red_asr_ctc", ("cmvn_mean", "cmvn_inv_stddev"))
NEMO = Kind("nemo-ctc", "from_nemo_ctc", ("vocab_size", "subsampling_factor", "normalize_type"))
WENET = Kind("wenet-ctc", "from_wenet_ctc", ("vocab_size", "subsampling_factor"))
ZIPFORMER = Kind("zipformer-ctc", "from_zipformer_ctc")
TRANSDUCER = Kind("transducer", "from_transducer", hotwords=True)
KNOWN = "Paraformer, SenseVoice, FireRedASR-CTC, CTC of zipformer, NeMo or WeNet, transducer"


@dataclass(frozen=True)
class SherpaFiles:
    """What a folder holds: the kind, the files by the names that sherpa-onnx gives them, Hz and bins of the features."""

    kind: Kind
    files: Mapping[str, Path]
    rate: int = RATE
    bins: int = BINS

    @property
    def weights(self) -> Path:
        """The largest part, which tells the model from others."""
        return self.files.get("encoder") or self.files.get("paraformer") or self.files["model"]


def looks_like_sherpa(folder: Path) -> bool:
    """Whether a folder holds a model for sherpa-onnx, of whatever kind: ONNX files and `tokens.txt`."""
    return (folder / TOKENS).is_file() and any(folder.glob("*.onnx"))


def read_folder(folder: Path, *, int8: bool = False) -> SherpaFiles:
    """Which model a folder holds.

    Parameters
    ----------
    folder
        Where the files are.
    int8
        Take the int8 file where there is one of full precision too.

    Raises
    ------
    ModelError
        It holds no model that is known, one that tells no times, or one that sherpa-onnx would not load; with the reason.

    Examples
    --------
    >>> from qa_speech.resources import folder as data
    >>> found = read_folder(data("models") / "demo-ctc")
    >>> found.kind.name, found.weights.name, found.rate
    ('zipformer-ctc', 'model.int8.onnx', 8000)
    """
    parts = {part: _one(folder, part, int8) for part in PARTS}
    there = {part: path for part, path in parts.items() if path is not None}
    if len(there) == len(PARTS):
        return _transducer(folder, there)
    if "encoder" in there and "decoder" in there:
        said = read_head(there["encoder"]).metadata.get("model_type", "?")
        raise ModelError(
            folder.name,
            problem(
                "{folder} holds an encoder and a decoder without a joiner ({said}): such models do not "
                "tell when a word is said, and without times no word belongs to anybody; FireRedASR has a "
                "CTC model that tells it, Whisper is taken in CTranslate2 format",
                folder=folder,
                said=said,
            ),
        )
    single = _one(folder, "model", int8) or _only(folder, int8)
    if single is None:
        raise ModelError(
            folder.name, problem("{folder} holds no model.onnx, and no encoder, decoder and joiner", folder=folder)
        )
    head = read_head(single)
    kind = _kind_of(folder, single, head)
    _complete(folder, single, head, kind)
    name = "paraformer" if kind is PARAFORMER else "model"
    rate, bins = _number(folder, head, "sample_rate", RATE), _number(folder, head, "feature_dim", BINS)
    if kind is not ZIPFORMER:
        rate, bins = RATE, BINS  # these kinds are made for it, whatever else they say
    return SherpaFiles(kind, {name: single, "tokens": folder / TOKENS}, rate, bins)


def read_tokens(path: Path) -> dict[str, int]:
    """The vocabulary: ``token number`` a line.

    Raises
    ------
    ModelError
        It cannot be read, or a line is something else.
    """
    tokens: dict[str, int] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise ModelError(path.parent.name, problem("{path} cannot be read: {reason}", path=path, reason=exc)) from exc
    for at, line in enumerate(lines, 1):
        token, _, number = line.rpartition(" ")
        if not line.strip():
            continue
        if not number.strip().isdigit():
            raise ModelError(
                path.parent.name, problem("{path}:{at}: expected a token and its number", path=path, at=at)
            )
        tokens[token] = int(number)
    return tokens


def _one(folder: Path, part: str, int8: bool) -> Path | None:
    """The file of a part: of full precision, or int8 where that is wanted or all there is."""
    found = sorted(path for path in folder.glob("*.onnx") if path.name.startswith(part))
    return _preferred(found, int8)


def _only(folder: Path, int8: bool) -> Path | None:
    """The model of a folder whose file bears another name; None where there are several."""
    found = sorted(folder.glob("*.onnx"))
    names = {path.name.removesuffix(INT8).removesuffix(".onnx") for path in found}
    return _preferred(found, int8) if len(names) == 1 else None


def _preferred(found: list[Path], int8: bool) -> Path | None:
    small = [path for path in found if path.name.endswith(INT8)]
    whole = [path for path in found if path not in small]
    ordered = small + whole if int8 else whole + small
    return ordered[0] if ordered else None


def _transducer(folder: Path, parts: Mapping[str, Path]) -> SherpaFiles:
    heads = {part: read_head(path) for part, path in parts.items()}
    _not_streaming(folder, parts["encoder"], heads["encoder"])
    _has(folder, parts["decoder"], heads["decoder"], ("vocab_size", "context_size"))
    _has(folder, parts["joiner"], heads["joiner"], ("joiner_dim",))
    _vocabulary(folder, TRANSDUCER)
    return SherpaFiles(TRANSDUCER, {**parts, "tokens": folder / TOKENS})


def _kind_of(folder: Path, path: Path, head: OnnxHead) -> Kind:
    """The kind of a model in one file, by its metadata."""
    told = head.metadata.get("model_type", "")
    _not_streaming(folder, path, head)
    if "with_itn" in head.metadata:
        return SENSE_VOICE
    if told.startswith("paraformer") or {"lfr_window_size", "inv_stddev"} <= set(head.metadata):
        return PARAFORMER
    if told == "fire-red-asr-2-ctc":
        return FIRE_RED
    if told.startswith("EncDec") and "CTC" in told:
        return NEMO
    if "wenet" in told:
        return WENET
    if "zipformer" in told:
        return ZIPFORMER
    raise ModelError(
        folder.name,
        problem(
            "{path} says it is of the kind {kind}; known are {known}",
            path=path,
            kind=told or "– (no model_type in its metadata)",
            known=KNOWN,
        ),
    )


def _not_streaming(folder: Path, path: Path, head: OnnxHead) -> None:
    cached = any(name.startswith(("cached", "cache_", "state")) for name in head.inputs)
    if cached or "decode_chunk_len" in head.metadata:
        raise ModelError(
            folder.name,
            problem("{path} is a streaming model, which hears less than one made for whole recordings", path=path),
        )


def _complete(folder: Path, path: Path, head: OnnxHead, kind: Kind) -> None:
    """What sherpa-onnx would end the process for, and times that would be missing."""
    _has(folder, path, head, kind.metadata)
    if kind is PARAFORMER and len(head.outputs) < 4:
        raise ModelError(
            folder.name,
            problem(
                "{path} does not tell when a character is said: it gives {outputs} and no us_cif_peak; "
                "take a Paraformer that was exported with timestamps",
                path=path,
                outputs=", ".join(head.outputs),
            ),
        )
    _vocabulary(folder, kind)


def _has(folder: Path, path: Path, head: OnnxHead, names: tuple[str, ...]) -> None:
    missing = [name for name in names if name not in head.metadata]
    if missing:
        raise ModelError(
            folder.name,
            problem(
                "{path} has no {missing} in its metadata; export it anew for sherpa-onnx",
                path=path,
                missing=", ".join(missing),
            ),
        )


def _vocabulary(folder: Path, kind: Kind) -> None:
    tokens = read_tokens(folder / TOKENS)
    if kind.blank and not any(blank in tokens for blank in BLANKS):
        raise ModelError(
            folder.name,
            problem(
                "{path} has none of {blanks}; it is of another model", path=folder / TOKENS, blanks=", ".join(BLANKS)
            ),
        )


def _number(folder: Path, head: OnnxHead, name: str, otherwise: int) -> int:
    told = head.metadata.get(name, str(otherwise))
    if not told.isdigit() or not int(told):
        raise ModelError(folder.name, problem("{name} in the metadata is not a number", name=name))
    return int(told)

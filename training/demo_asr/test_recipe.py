"""The recipe works: a tiny random model trains a few steps, stops, goes on, and loads in stock faster-whisper.

Run by ``make test-train`` (needs torch and espeak-ng); about a minute.
"""

from __future__ import annotations

import ctypes.util
import os
import random
import sys
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "training" / "samples")]

# deprecations inside torch, transformers and ctranslate2 are not ours to repair
pytestmark = pytest.mark.filterwarnings("default")

import corpus  # noqa: E402
import overlap  # noqa: E402
import speech  # noqa: E402

NO_ESPEAK = ctypes.util.find_library("espeak-ng") is None and os.environ.get("QA_SPEECH_NO_SKIP") != "1"
needs_espeak = pytest.mark.skipif(NO_ESPEAK, reason="espeak-ng is not installed")


# -- text -------------------------------------------------------------------------------------------------------


def test_every_sentence_has_only_characters_of_the_vocabulary():
    rng = random.Random(0)

    for template in corpus.TEMPLATES + corpus.EXTRA_TEMPLATES:
        for _ in range(20):
            assert set(corpus.fill(template.text, rng)) <= set(corpus.CHARACTERS)


def test_vocabulary_is_sorted_and_has_679_characters():
    assert len(corpus.CHARACTERS) == 679
    assert list(corpus.CHARACTERS) == sorted(set(corpus.CHARACTERS))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "零"),
        (10, "十"),
        (15, "十五"),
        (108, "一百零八"),
        (110, "一百一十"),
        (2013, "二千零一十三"),
        (3200, "三千二百"),
    ],
)
def test_numbers_are_written_as_read(number, words):
    assert corpus.chinese_number(number) == words


def test_overlap_finds_templates_whatever_fills_their_slots():
    matcher = overlap.TemplateMatcher([corpus.Template("agent", "test", "您的账单一共是{money}元，请您查收。")])

    assert matcher.contains("一共是九十九元请")
    assert not matcher.contains("一共有九十九元请")
    assert overlap.shared_runs("您的账单一共是三元。", matcher) == ["您的账单一共是三", "的账单一共是三元"]


def test_no_sample_shares_a_run_of_characters_with_the_training_text():
    matcher = overlap.TemplateMatcher()
    runs = overlap.sample_runs(ROOT / "samples")

    assert len(runs) > 500
    assert not [run for run in runs if matcher.contains(run)]


# -- sound ------------------------------------------------------------------------------------------------------


def test_alaw_codes_survive_a_round_trip():
    codes = np.arange(256, dtype=np.uint8)

    assert (speech.alaw_encode(speech.alaw_decode(codes)) == codes).all()


@needs_espeak
def test_characters_have_rising_times_inside_the_audio():
    spoken = speech.speak("您好，请问有什么可以帮您？", "f1", 220, 50)

    assert spoken is not None
    assert spoken.times.shape == (11, 2)
    assert (np.diff(spoken.times[:, 0]) > 0).all()
    assert (spoken.times[:, 1] > spoken.times[:, 0]).all()
    assert spoken.times[-1, 1] <= len(spoken.audio) / speech.SAMPLING_RATE


@needs_espeak
def test_a_sample_call_is_composed_with_its_planted_events():
    import calls_of_service
    import compose

    scene = compose.compose(calls_of_service.TABOO_INTERRUPTION)
    kinds = [event.kind for event in scene.events]

    assert kinds.count("interruption") == 2
    assert kinds.count("taboo") == 3
    assert all(turn.start < turn.end for turn in scene.turns)


# -- training ---------------------------------------------------------------------------------------------------


@needs_espeak
def test_train_resume_export_and_load(tmp_path):
    import evaluate
    import export
    import synth
    import train
    from model import Shape

    data = tmp_path / "tiny.npz"
    made = synth.make_training_set(5, 30, 30, wide=True, extra=True)
    synth.save(data, made)
    again = synth.load(data)
    assert [u.text for u in again] == [u.text for u in made]
    assert all((a.codes == b.codes).all() and (a.times == b.times).all() for a, b in zip(again, made, strict=True))

    shape = Shape(width=32, heads=2, encoder_layers=1, decoder_layers=3)
    common = ["--data", str(data), "--out", str(tmp_path / "run"), "--windows", "2", "2", "1", "--threads", "2"]
    train.main([*common, "--steps", "4", "4", "0"], shape)
    losses = train.main([*common, "--steps", "4", "4", "4", "--resume", "--coded", "1", "--guide", "uniform"], shape)
    checkpoint = train.read_checkpoint(tmp_path / "run" / "last.pt")
    assert checkpoint["step"] == 12
    assert np.isfinite(list(losses.values())).all()

    for name, layout in (("compact", export.COMPACT), ("full", export.FULL)):
        folder = tmp_path / name
        export.export(tmp_path / "run" / "last.pt", folder, layout)
        recognise = evaluate.Recogniser(folder)
        text, spans = recognise(speech.alaw_decode(made[0].codes) * 0.5)
        assert set(text) <= set(corpus.CHARACTERS)
        assert len(spans) == len(text)


@needs_espeak
def test_the_ctc_recogniser_is_trained_exported_and_heard_by_sherpa(tmp_path):
    import ctc
    import ctc_export
    import ctc_model
    import synth
    import torch

    from qa_speech.engines.sherpa_models import read_folder

    data = tmp_path / "tiny.npz"
    made = synth.make_training_set(5, 20, 20, wide=True, extra=True)
    synth.save(data, made)
    common = ["--data", str(data), "--out", str(tmp_path / "run"), "--steps", "4", "--threads", "2"]
    small = {"width": 32, "heads": 2, "layers": 1}
    ctc.main([*common, "--at-most", "2"], ctc_model.DemoCtc(**small))
    losses = ctc.main([*common, "--resume"], ctc_model.DemoCtc(**small))
    kept = torch.load(tmp_path / "run" / "last.pt", weights_only=True)
    assert kept["step"] == 4
    assert np.isfinite(list(losses.values())).all()

    model = ctc_export.mean_of([tmp_path / "run" / "last.pt"], ctc_model.DemoCtc(**small))
    ctc_export.export(model, tmp_path / "model")
    found = read_folder(tmp_path / "model")
    assert (found.kind.name, found.rate, found.bins) == ("zipformer-ctc", speech.SAMPLING_RATE, ctc_model.BINS)
    import ctc_evaluate

    ((text, starts),) = ctc_evaluate.heard(str(tmp_path / "model"), made[:1])
    assert set(text) <= set(corpus.CHARACTERS)
    assert len(starts) == len(text)


def test_the_ctc_recogniser_begins_as_the_encoder_of_the_bundled_whisper():
    import ctc_model

    weights = ctc_model.read_ct2(ROOT / "models" / "demo-zh" / "model.bin")
    model = ctc_model.DemoCtc()
    ctc_model.begin_with(model, weights)

    assert np.allclose(model.layers[0].feed_in.weight.detach(), weights["encoder/layer_0/ffn/linear_0/weight"])
    assert np.abs(weights["encoder/layer_0/ffn/linear_0/weight"]).max() < 3


def test_alignment_counts_the_edits():
    import evaluate

    assert evaluate.align("您好请讲", "您好情") == (2, [(0, 0), (1, 1)])
    assert evaluate.align("您好", "") == (2, [])
    assert evaluate.align("", "好") == (1, [])

"""A Whisper of any size with random weights in transformers' pipeline: a second rival on a GPU, where torch is there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import soxr
from _random_whisper import Shape

from qa_speech.audio.decode import decode
from qa_speech.engines.models import find_model

RATE = 16_000
WINDOW_S = 30
POSITIONS = 448


def loaded(shape: Shape, device: str, *, batch: int, tokens: int) -> Any:
    """The pipeline, with weights drawn on the device itself. Raises ImportError without transformers or torch."""
    import torch
    from transformers import (
        AutomaticSpeechRecognitionPipeline,
        GenerationConfig,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperTokenizerFast,
    )

    tokenizer = WhisperTokenizerFast(
        tokenizer_file=str(find_model("demo").path / "tokenizer.json"), pad_token="<|endoftext|>"
    )
    start, end = (tokenizer.convert_tokens_to_ids(token) for token in ("<|startoftranscript|>", "<|endoftext|>"))
    config = WhisperConfig(
        vocab_size=len(tokenizer), num_mel_bins=shape.mels, d_model=shape.width,
        encoder_layers=shape.encoder_layers, decoder_layers=shape.decoder_layers,
        encoder_attention_heads=shape.heads, decoder_attention_heads=shape.heads,
        encoder_ffn_dim=4 * shape.width, decoder_ffn_dim=4 * shape.width, max_target_positions=POSITIONS,
        decoder_start_token_id=start, bos_token_id=end, eos_token_id=end, pad_token_id=end,
    )  # fmt: skip
    kind = torch.float16 if device != "cpu" else torch.float32
    with torch.device(device):
        model = WhisperForConditionalGeneration(config).to(kind)
    model.generation_config = GenerationConfig(
        decoder_start_token_id=start, bos_token_id=end, eos_token_id=end, pad_token_id=end, max_new_tokens=tokens
    )
    return AutomaticSpeechRecognitionPipeline(
        model=model.eval(), tokenizer=tokenizer, feature_extractor=WhisperFeatureExtractor(shape.mels),
        device=device, chunk_length_s=WINDOW_S, batch_size=batch, ignore_warning=True,
    )  # fmt: skip


def seconds(pipeline: Any, paths: Sequence[Path]) -> float:
    """Seconds from two-channel files to text."""
    began = time.perf_counter()
    for path in paths:
        audio = decode(path)
        for channel in (0, 1):
            sound = soxr.resample(audio.cut(channel, 0, audio.duration), audio.rate, RATE)
            pipeline({"raw": sound, "sampling_rate": RATE})
    return time.perf_counter() - began

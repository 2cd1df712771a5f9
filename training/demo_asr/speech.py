"""Text to telephone speech with espeak-ng, with the exact time of every character.

espeak-ng is called through its shared library (about 7 ms per sentence), because only the library reports
events: the time of each word or syllable in the samples.  The result is 8 kHz audio in the telephone band.

Use the voice ``cmn-latn-pinyin``: in espeak-ng 1.51 plain ``cmn`` reads the pinyin of most characters as
*English* letters and its tone as an English number word (the end of 您 sounds like "two").
"""

from __future__ import annotations

import ctypes
from typing import NamedTuple

import numpy as np
import soxr
from numpy.typing import NDArray

__all__ = [
    "AGENT_VOICES",
    "CUSTOMER_VOICES",
    "PUNCTUATION",
    "SAMPLING_RATE",
    "Speech",
    "alaw_decode",
    "alaw_encode",
    "speak",
    "telephone_band",
]

SAMPLING_RATE = 8000
"""Hz, of all audio made here."""

BASE_VOICE = "cmn-latn-pinyin"
AGENT_VOICES = ("f1", "f2", "f4", "m2")
CUSTOMER_VOICES = ("m1", "m3", "m7", "f3")
PUNCTUATION = frozenset("，。？")

LEAD_S, TAIL_S = 0.03, 0.06
"""Audio kept before the first and after the last character, in seconds."""

Audio = NDArray[np.float32]


class Speech(NamedTuple):
    """One spoken text: audio at 8 kHz with peak 1, and ``[start, end]`` of each character that is no punctuation."""

    audio: Audio
    times: NDArray[np.float32]


# -- espeak-ng --------------------------------------------------------------------------------------------------

_AUDIO_OUTPUT_SYNCHRONOUS = 2
_EVENTS_OF_PHONEMES = 1
_PARAMETER_RATE, _PARAMETER_PITCH = 1, 3
_POSITION_IS_CHARACTER = 1
_TEXT_IS_UTF8 = 1
_EVENT_WORD, _EVENT_END, _EVENT_PHONEME = 1, 5, 7
_PAUSE_PHONEME = b"_:"


class _EventId(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class _Engine:
    """The espeak-ng library: one per process, because the library itself keeps global state."""

    def __init__(self) -> None:
        try:
            self._library = ctypes.CDLL("libespeak-ng.so.1")
        except OSError as exc:
            raise RuntimeError("libespeak-ng.so.1 not found: install espeak-ng (apt install espeak-ng)") from exc
        self.sampling_rate = self._library.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, 200, None, _EVENTS_OF_PHONEMES)
        self._audio: list[NDArray[np.int16]] = []
        self._events: list[tuple[int, int, int, bytes]] = []
        self._callback = _Callback(self._receive)  # kept: the library holds only a bare pointer
        self._library.espeak_SetSynthCallback(self._callback)

    def _receive(self, samples: ctypes._Pointer[ctypes.c_short], count: int, events: ctypes._Pointer[_Event]) -> int:
        if samples and count:
            self._audio.append(np.ctypeslib.as_array(samples, (count,)).copy())
        position = 0
        while events[position].type:
            event = events[position]
            phoneme = bytes(event.id.string) if event.type == _EVENT_PHONEME else b""
            self._events.append((event.type, event.text_position, event.sample, phoneme))
            position += 1
        return 0

    def synthesise(
        self, text: str, voice: str, speed: int, pitch: int
    ) -> tuple[NDArray[np.int16], list[tuple[int, int, int, bytes]]]:
        """Speak `text`: samples, and events as (type, text position from 1, sample, phoneme)."""
        self._audio.clear()
        self._events.clear()
        if self._library.espeak_SetVoiceByName(f"{BASE_VOICE}+{voice}".encode()) != 0:
            raise ValueError(f"espeak-ng has no voice {BASE_VOICE}+{voice}")
        self._library.espeak_SetParameter(_PARAMETER_RATE, speed, 0)
        self._library.espeak_SetParameter(_PARAMETER_PITCH, pitch, 0)
        encoded = text.encode() + b"\0"
        self._library.espeak_Synth(
            encoded,
            ctypes.c_size_t(len(encoded)),
            ctypes.c_uint(0),
            _POSITION_IS_CHARACTER,
            ctypes.c_uint(0),
            ctypes.c_uint(_TEXT_IS_UTF8),
            None,
            None,
        )
        self._library.espeak_Synchronize()
        return np.concatenate(self._audio), list(self._events)


_engine: _Engine | None = None


def _get_engine() -> _Engine:
    global _engine
    if _engine is None:
        _engine = _Engine()
    return _engine


def speak(text: str, voice: str = "f1", speed: int = 220, pitch: int = 50) -> Speech | None:
    """Speak a Chinese text as heard on a telephone line.

    Parameters
    ----------
    text : str
        Han characters, the letter G, and ``，。？``; numbers written out.
    voice : str
        An espeak-ng variant: one of `AGENT_VOICES` or `CUSTOMER_VOICES`.
    speed : int, words per minute of espeak-ng (80 to 450)
        220 is about 250 characters a minute.
    pitch : int, 0 to 99

    Returns
    -------
    Speech, or None when espeak-ng did not report the time of every character
        (it joins some characters, mostly around the letter G).
    """
    engine = _get_engine()
    samples, events = engine.synthesise(text, voice, speed, pitch)
    starts: dict[int, int] = {}
    marks: set[int] = {len(samples)}
    for kind, position, sample, phoneme in events:
        index = position - 1
        if kind == _EVENT_WORD and 0 <= index < len(text) and text[index] not in PUNCTUATION:
            if index not in starts:
                starts[index] = sample
                marks.add(sample)
        elif kind == _EVENT_END or (kind == _EVENT_PHONEME and phoneme.startswith(_PAUSE_PHONEME)):
            marks.add(sample)
    spoken = [index for index, character in enumerate(text) if character not in PUNCTUATION]
    if not spoken or any(index not in starts for index in spoken):
        return None
    ordered = sorted(marks)
    times = np.array(
        [(starts[index], next(mark for mark in ordered if mark > starts[index])) for index in spoken],
        dtype=np.float64,
    )
    times /= engine.sampling_rate
    audio = soxr.resample(samples.astype(np.float32) / 32768, engine.sampling_rate, SAMPLING_RATE)
    first = max(0, int((times[0, 0] - LEAD_S) * SAMPLING_RATE))
    last = min(len(audio), int((times[-1, 1] + TAIL_S) * SAMPLING_RATE))
    audio = telephone_band(audio[first:last])
    audio /= np.abs(audio).max() + 1e-6
    return Speech(audio, (times - first / SAMPLING_RATE).astype(np.float32))


def telephone_band(audio: Audio) -> Audio:
    """Keep 300 to 3400 Hz of 8 kHz audio, with soft edges."""
    spectrum = np.fft.rfft(audio)
    frequency = np.fft.rfftfreq(len(audio), 1 / SAMPLING_RATE)
    gain = np.clip((frequency - 120) / 180, 0, 1) * np.clip((3750 - frequency) / 350, 0, 1)
    return np.fft.irfft(spectrum * gain, len(audio)).astype(np.float32)


# -- G.711 A-law ------------------------------------------------------------------------------------------------


def _alaw_table() -> NDArray[np.int32]:
    """The 16-bit sample of each of the 256 codes (ITU-T G.711)."""
    code = np.arange(256) ^ 0x55
    mantissa, exponent = code & 0x0F, (code >> 4) & 0x07
    magnitude = np.where(exponent == 0, (mantissa << 4) + 8, ((mantissa << 4) + 0x108) << np.maximum(exponent - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int32)


_ALAW_SAMPLES = _alaw_table()
_ALAW_ORDER = np.argsort(_ALAW_SAMPLES)
_ALAW_LIMITS = (_ALAW_SAMPLES[_ALAW_ORDER][1:] + _ALAW_SAMPLES[_ALAW_ORDER][:-1]) / 2


def alaw_encode(audio: Audio) -> NDArray[np.uint8]:
    """Float audio in -1 … 1 to A-law codes, each sample to the nearest level."""
    samples = np.clip(audio, -1, 1) * 32767
    return _ALAW_ORDER[np.searchsorted(_ALAW_LIMITS, samples)].astype(np.uint8)


def alaw_decode(codes: NDArray[np.uint8]) -> Audio:
    """A-law codes to float audio."""
    return (_ALAW_SAMPLES[codes] / 32768).astype(np.float32)

"""Measurements that are stored with a call, so that it is judged again without being measured again.

They lie in ``Call.derived`` by metric and parameters, under one key: a hash of the facts of the call that a metric reads, and of
this package's code. Where either has changed they are stale and are measured anew. Metrics of other packages are not kept:
nothing here tells when their code changes, or what else they read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec

from qa_speech.call import Call, Derived
from qa_speech.files import code_sha256
from qa_speech.language.remembered import per_call
from qa_speech.scores import Evidence, Measurement, Reliability
from qa_speech.timeline import Timeline

NAME = "measurements"
"""Their name in ``Call.derived``."""


class _Figure(msgspec.Struct, frozen=True, array_like=True):
    """A measurement as it is kept: a count is a whole number and stays one, so that the same score has the same bytes."""

    value: int | float | None
    unit: str
    components: dict[str, int | float | None]
    evidence: tuple[Evidence, ...]
    reason: str
    reliability: Reliability
    reliability_reason: str

    def measurement(self) -> Measurement:
        """The measurement."""
        return Measurement(
            self.value,
            self.unit,
            self.components,
            self.evidence,
            self.reason,
            self.reliability,
            self.reliability_reason,
        )


def _figure(measured: Measurement) -> _Figure:
    return _Figure(*msgspec.structs.astuple(measured))


_DECODER = msgspec.json.Decoder(dict[str, _Figure])


def _spans(value: object) -> object:
    if isinstance(value, Timeline):
        return tuple(value)
    raise NotImplementedError(f"no facts in {type(value).__name__}")


_FACTS = msgspec.msgpack.Encoder(enc_hook=_spans)  # numbers in binary: a quarter of the time of JSON


@per_call
def measurements_key(call: Call) -> str:
    """What measurements of a call depend on, as a SHA-256 in hex: its facts but for its name, place and metadata, and the code.

    >>> from qa_speech.testing import make_call
    >>> measurements_key(make_call("agent: 您好")) == measurements_key(make_call("agent: 您好"))
    True
    >>> measurements_key(make_call("agent: 您好")) == measurements_key(make_call("agent: 喂"))
    False
    """
    digest = hashlib.sha256(code_sha256().encode())
    nameless = msgspec.structs.replace(call.recording, id="", path="", sha256="", metadata={})
    digest.update(_FACTS.encode(msgspec.structs.replace(call, recording=nameless, derived={})))
    return digest.hexdigest()


@per_call
def kept_measurements(call: Call) -> Mapping[str, Measurement]:
    """The measurements that are stored with a call and true; none where they are stale.

    >>> from qa_speech.testing import make_call
    >>> kept_measurements(make_call("agent: 您好"))
    {}
    """
    held = call.derived.get(NAME)
    if held is None or held.key != measurements_key(call):
        return {}
    try:
        return {key: figure.measurement() for key, figure in _DECODER.decode(held.value).items()}
    except (msgspec.DecodeError, ValueError):
        return {}  # damaged: they are measured


def with_measurements(call: Call, measured: Mapping[str, Measurement]) -> Call:
    """The call with these measurements, beside those that are kept with it and true; as it is where nothing is new.

    `measured` is by metric and parameters, as `measure_all` and `qa_speech.scorecard.score.measure_for` give it.

    >>> from qa_speech.metrics.talk import talk
    >>> from qa_speech.testing import make_call
    >>> call = make_call("agent@0-2: 您好")
    >>> kept_measurements(with_measurements(call, {"talk:agent": talk(call, role="agent")}))["talk:agent"].value
    2.0
    """
    known = kept_measurements(call)
    if measured.keys() <= known.keys():
        return call
    figures = {key: _figure(figure) for key, figure in {**known, **measured}.items()}
    stored = Derived(measurements_key(call), msgspec.Raw(msgspec.json.encode(figures)))
    return msgspec.structs.replace(call, derived={**call.derived, NAME: stored})

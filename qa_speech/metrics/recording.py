"""How good the recording is: what the channel doctor found, as figures a scorecard can use (杂音, 回音, 丢音).

    channel 1  agent     level −24 dBFS   SNR 31 dB   nothing else                       0 faults
    channel 2  customer  level −37 dBFS   SNR  8 dB   clipping 0.4 %, 3 drop-outs        3 faults: noise, clipping, drop-outs

The findings are facts of the recording, made once when it was read; here they are only counted and put in order. Alibaba checks
energy, Medallia publishes an agent clarity without a definition; the other systems read say nothing about the sound.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from qa_speech.call import Call, Role
from qa_speech.metrics.base import CALL_S, Component, Metric, names_of
from qa_speech.metrics.common import missing
from qa_speech.metrics.doubt import LOW_SNR_DB, STRONG_LEAK_DB
from qa_speech.scores import Measurement


class _Figure(NamedTuple):
    """The component that holds the value of a finding, and which of two channels speaks for the recording."""

    component: str
    worse: Callable[[float, float], float]


_FIGURES: dict[str, _Figure] = {
    "snr": _Figure("snr_db", min),
    "wada_snr": _Figure("wada_snr_db", min),
    "clipping": _Figure("clipping_share", max),
    "dc_offset": _Figure("dc_share", max),
    "echo": _Figure("echo_db", max),
    "echo_lag": _Figure("echo_ms", max),
    "hum": _Figure("hum_db", max),
    "band_limit": _Figure("band_hz", min),
    "crosstalk": _Figure("crosstalk_db", max),
    "crosstalk_lag": _Figure("crosstalk_ms", max),
}
# kinds of fault by the findings that make them, whatever their value; noise and crosstalk have limits of their own
_FAULTS = {
    "dead_count": ("dead_channel",),
    "fake_count": ("fake_stereo",),
    "clipping_count": ("clipping",),
    "dropout_count": ("dropouts",),
    "echo_count": ("echo",),
    "hum_count": ("hum",),
    "noise_count": ("low_snr",),
    "narrow_count": ("narrow_band",),
    "resampled_count": ("sampling_rate",),
    "crosstalk_count": (),
}
RECORDING = (
    Component("snr_db", "dB", "信噪比", "signal-to-noise ratio"),
    Component("wada_snr_db", "dB", "信噪比（WADA）", "signal-to-noise ratio (WADA)"),
    Component("clipping_share", "%", "削波占比", "share clipped"),
    Component("dc_share", "%", "直流偏移", "DC offset"),
    Component("echo_db", "dB", "回声", "echo"),
    Component("echo_ms", "ms", "回声延迟", "echo delay"),
    Component("hum_db", "dBFS", "电源哼声", "mains hum"),
    Component("band_hz", "Hz", "有效频带上限", "band limit"),
    Component("crosstalk_db", "dB", "串音", "crosstalk"),
    Component("crosstalk_ms", "ms", "串音延迟", "crosstalk lag"),
    Component("agent_level_db", "dBFS", "坐席音量", "agent, level"),
    Component("customer_level_db", "dBFS", "客户音量", "customer, level"),
    Component("agent_snr_db", "dB", "坐席信噪比", "agent, signal-to-noise ratio"),
    Component("customer_snr_db", "dB", "客户信噪比", "customer, signal-to-noise ratio"),
    Component("level_difference_db", "dB", "两方音量差", "difference of level"),
    Component("dropouts", "count", "丢音处数", "drop-outs", counted="处"),
    Component("dead_count", "count", "无声声道", "dead channels", counted="个"),
    Component("fake_count", "count", "假立体声", "fake stereo"),
    Component("clipping_count", "count", "削波的声道", "clipped channels", counted="个"),
    Component("dropout_count", "count", "丢音的声道", "channels with drop-outs", counted="个"),
    Component("echo_count", "count", "有回声的声道", "channels with echo", counted="个"),
    Component("hum_count", "count", "有哼声的声道", "channels with hum", counted="个"),
    Component("noise_count", "count", "噪声大的声道", "noisy channels", counted="个"),
    Component("narrow_count", "count", "频带过窄的声道", "channels of narrow band", counted="个"),
    Component("resampled_count", "count", "采样率虚高的声道", "channels sampled up", counted="个"),
    Component("crosstalk_count", "count", "串音的声道", "channels with crosstalk", counted="个"),
    Component("sampling_hz", "Hz", "采样率", "sampling rate"),
    CALL_S,
)
_RECORDING = names_of(RECORDING)


def recording(call: Call, *, min_snr_db: float = LOW_SNR_DB, max_leak_db: float = STRONG_LEAK_DB) -> Measurement:
    """Count the faults of the sound: each kind once per channel that has it.

    Parameters
    ----------
    call : Call
        Needs a recording that was read with its sound.
    min_snr_db : float, dB
        A channel with less is noisy.
    max_leak_db : float, dB
        A channel into which the other party leaks louder than this has crosstalk.

    Returns
    -------
    Measurement, unit ``count``
        The sum of ``dead_count`` (no sound), ``fake_count`` (both channels carry the same), ``noise_count``, ``clipping_count``,
        ``dropout_count``, ``echo_count``, ``hum_count``, ``crosstalk_count``, ``narrow_count`` (less band than a telephone
        line), ``resampled_count`` (made at a lower rate than the file claims). The figures of the worse channel: ``snr_db``,
        ``wada_snr_db``, ``clipping_share`` and ``dc_share`` (%), ``echo_db`` and ``echo_ms``, ``hum_db``, ``band_hz``,
        ``crosstalk_db`` and ``crosstalk_ms``, ``dropouts`` of both channels; by role ``agent_level_db``, ``customer_level_db``,
        ``level_difference_db``, ``agent_snr_db``, ``customer_snr_db``; ``sampling_hz``, ``call_s``. A figure that was not found is
        None, but ``dropouts`` and counts are 0. No evidence: a finding speaks of a channel. Value None: ``not_measured``.

    Examples
    --------
    >>> import msgspec
    >>> from qa_speech.call import Finding
    >>> from qa_speech.testing import make_call
    >>> call = make_call(agent=[(0, 2)])
    >>> found = (Finding("snr", 1, 31.0, "dB"), Finding("snr", 2, 8.0, "dB"), Finding("clipping", 2, 0.4, "%"))
    >>> call = msgspec.structs.replace(call, recording=msgspec.structs.replace(call.recording, findings=found))
    >>> measured = recording(call)
    >>> measured.value, measured.components["snr_db"], measured.components["agent_snr_db"]
    (2, 8.0, 31.0)
    """
    source = call.recording
    if not source.sampling_rate:
        return missing("count", RECORDING, "not_measured")
    parts: dict[str, float | None] = dict.fromkeys(_RECORDING)
    parts.update(dict.fromkeys(_FAULTS, 0), dropouts=0, sampling_hz=source.sampling_rate, call_s=source.duration)
    faults: set[tuple[str, int | None]] = set()
    for finding in source.findings:
        for name, codes in _FAULTS.items():
            if finding.code in codes:
                faults.add((name, finding.channel))
        if finding.value is None:
            continue
        if finding.code == "snr" and finding.value < min_snr_db:
            faults.add(("noise_count", finding.channel))
        if finding.code == "crosstalk" and finding.value > max_leak_db:
            faults.add(("crosstalk_count", finding.channel))
        if finding.code == "dropouts":
            parts["dropouts"] = (parts["dropouts"] or 0) + finding.value
        figure = _FIGURES.get(finding.code)
        if figure is not None:
            known = parts[figure.component]
            parts[figure.component] = finding.value if known is None else figure.worse(known, finding.value)
    for name, _ in faults:
        parts[name] = (parts[name] or 0) + 1
    parts.update(_by_role(call))
    return Measurement(len(faults), "count", parts)


def _by_role(call: Call) -> dict[str, float | None]:
    """Level (dBFS) and SNR (dB) of agent and customer, and by how much (dB) the agent is louder."""
    roles = call.recording.channels
    found: dict[str, float | None] = {}
    for finding in call.recording.findings:
        if finding.code in ("level", "snr") and finding.channel and finding.channel <= len(roles):
            role = roles[finding.channel - 1]
            if role is not Role.UNKNOWN:
                found[f"{role.value}_{finding.code}_db"] = finding.value
    agent, customer = found.get("agent_level_db"), found.get("customer_level_db")
    if agent is not None and customer is not None:
        found["level_difference_db"] = agent - customer
    return found


METRICS = (
    Metric(
        "recording", recording, "count", (), RECORDING, "录音问题", "faults of the recording",
        highlights=("snr_db", "crosstalk_db"),
    ),
)  # fmt: skip

"""The faults of the sound, as figures."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_speech.call import Call, Finding, Recording, Role
from qa_speech.metrics.recording import recording
from qa_speech.testing import make_call


def with_findings(*findings: Finding, channels: tuple[Role, ...] = (Role.AGENT, Role.CUSTOMER)) -> Call:
    call = make_call(agent=[(0, 1)], customer=[(2, 3)])
    return msgspec.structs.replace(
        call, recording=msgspec.structs.replace(call.recording, findings=findings, channels=channels)
    )


def test_a_clean_recording_has_no_faults():
    found = recording(with_findings(Finding("level", 1, -24.0, "dBFS"), Finding("snr", 1, 30.0, "dB")))

    assert found.value == 0
    assert found.components["echo_db"] is None


@pytest.mark.parametrize(
    "code",
    ["dead_channel", "fake_stereo", "clipping", "dropouts", "echo", "hum", "low_snr", "narrow_band", "sampling_rate"],
)
def test_each_kind_counts_once_per_channel(code):
    twice = with_findings(Finding(code, 1, 1.0), Finding(code, 1, 2.0), Finding(code, 2, 1.0))

    assert recording(twice).value == 2


findings = st.lists(
    st.builds(
        Finding,
        st.sampled_from(["snr", "crosstalk", "clipping", "dropouts", "hum", "echo", "level", "low_snr", "dead_channel", "odd"]),
        st.sampled_from([1, 2]),
        st.integers(-60, 60).map(float),
    ),
    max_size=8,
)  # fmt: skip


@settings(deadline=None)
@given(findings, st.integers(0, 40))
def test_faults_are_the_sum_of_their_kinds_and_grow_with_what_is_asked(found, snr):
    call = with_findings(*found)
    usual, strict = recording(call, min_snr_db=snr), recording(call, min_snr_db=snr + 10)
    counts = {part: number for part, number in usual.components.items() if part.endswith("_count")}

    assert usual.value == sum(counts.values())
    assert all(0 <= number <= 2 for number in counts.values())  # each kind at most once a channel
    assert usual.value <= strict.value
    assert recording(with_findings(*found, *found)).value == recording(call).value
    assert recording(with_findings(*reversed(found), channels=call.recording.channels)).value == recording(call).value


def test_noise_and_crosstalk_have_limits():
    call = with_findings(Finding("snr", 1, 12.0), Finding("crosstalk", 2, -30.0))

    assert recording(call).value == 0
    assert recording(call, min_snr_db=15).components["noise_count"] == 1
    assert recording(call, max_leak_db=-35).components["crosstalk_count"] == 1


def test_the_worse_channel_speaks_for_the_recording():
    parts = recording(
        with_findings(
            Finding("snr", 1, 30.0), Finding("snr", 2, 14.0), Finding("echo", 1, -30.0), Finding("echo", 2, -18.0)
        )
    ).components

    assert (parts["snr_db"], parts["echo_db"]) == (14, -18)
    assert (parts["agent_snr_db"], parts["customer_snr_db"]) == (30, 14)


def test_levels_follow_the_roles():
    findings = (Finding("level", 1, -24.0), Finding("level", 2, -36.0))
    parts = recording(with_findings(*findings, channels=(Role.CUSTOMER, Role.AGENT))).components

    assert (parts["agent_level_db"], parts["customer_level_db"], parts["level_difference_db"]) == (-36, -24, -12)


def test_a_transcript_has_no_sound():
    assert recording(Call(Recording("text only"))).reason == "not_measured"

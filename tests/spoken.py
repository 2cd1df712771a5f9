"""Who speaks when, drawn by Hypothesis: spans on a grid of whole seconds, and calls with or without words."""

from __future__ import annotations

from hypothesis import strategies as st

from qa_speech.call import Call, Recording, Role, Utterance
from qa_speech.timeline import Timeline

LONGEST_S = 300
TEXTS = (None, "", "嗯", "好的", "您好请讲", "请稍等", "我的宽带坏了怎么办", "10010", "是不是")

edges = st.lists(st.integers(0, LONGEST_S), max_size=16, unique=True).map(sorted)


def spans(points: list[int]) -> list[tuple[float, float]]:
    """The speech of one role from its sorted edges, in seconds: it starts at the first, ends at the second …"""
    return [(float(a), float(b)) for a, b in zip(points[::2], points[1::2], strict=False)]


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """A call of 61 s in tenths of a second: two parties, one, or nobody known; words, listening words or none."""
    texts = st.sampled_from(TEXTS)
    utterances = []
    for role in draw(st.sampled_from([(Role.AGENT, Role.CUSTOMER), (Role.AGENT,), (Role.UNKNOWN,)])):
        points = sorted(draw(st.lists(st.integers(0, 600), max_size=14, unique=True)))
        for start, end in spans(points):
            utterances.append(Utterance(role, start / 10, end / 10, draw(texts)))
    utterances.sort(key=lambda said: (said.start, said.end))
    speech = {role: Timeline(said.segment for said in utterances if said.role is role) for role in Role}
    times = draw(st.sampled_from(["audio", "transcript", "nominal"]))
    return Call(Recording("drawn", sampling_rate=8000, num_samples=488_000), speech, tuple(utterances), times=times)

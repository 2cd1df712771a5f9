"""Train the upper layers of a BERT-family network on what its lower layers make of each text, computed once.

A text goes through embeddings and frozen layers a single time; what comes out is kept in half precision, so that every further
pass costs the trained layers only. Texts are pooled by the mean over their tokens. torch hides behind the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FROZEN = 2 / 3
"""Share of the layers, from below, that stay as they are. With less than half it learns no better, and takes longer."""
TOGETHER = 32
"""Texts in a batch."""
APART = 6.0
"""Tokens by which a text may stand out of the order by length, so that batches differ from pass to pass."""
WARM_UP = 0.1
"""Share of the steps over which the learning rate rises."""
HEAD_FASTER = 10.0
"""How much faster the new heads learn than the layers, which know something already."""
DECAY = 0.01
HIDDEN = -1e4
"""What is added to the attention that nobody may pay to padding."""

Loss = Callable[[Mapping[str, Any], npt.NDArray[np.intp]], Any]


def pooled_network(torch: Any, body: Any, outputs: Mapping[str, int]) -> Any:
    """A module of a body (``embeddings``, ``encoder.layer``) and a linear head on the pooled text for each of `outputs`.

    ``forward(input_ids, attention_mask, token_type_ids)`` gives a tuple of logits, (texts, outputs), in the order of `outputs`;
    ``lower`` what the embeddings and the lower layers make of tokens, ``upper`` the rest, as a dictionary. The lower ones do
    not learn.
    """
    frozen = int(len(body.encoder.layer) * FROZEN)

    class Pooled(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.body = body
            width = body.config.hidden_size
            self.dropout = torch.nn.Dropout(0.1)
            self.heads = torch.nn.ModuleDict({name: torch.nn.Linear(width, count) for name, count in outputs.items()})
            for part in (body.embeddings, *body.encoder.layer[:frozen]):
                part.requires_grad_(False)

        def lower(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> Any:
            seen = self.body.embeddings(input_ids=input_ids, token_type_ids=token_type_ids)
            return self._through(seen, attention_mask, self.body.encoder.layer[:frozen])

        def upper(self, seen: Any, attention_mask: Any) -> dict[str, Any]:
            seen = self._through(seen, attention_mask, self.body.encoder.layer[frozen:])
            told = attention_mask[:, :, None].to(seen.dtype)
            mean = (seen * told).sum(1) / told.sum(1)
            mean = self.dropout(mean)
            return {name: head(mean) for name, head in self.heads.items()}

        def _through(self, seen: Any, attention_mask: Any, layers: Any) -> Any:
            hidden = (1 - attention_mask[:, None, None, :].to(seen.dtype)) * HIDDEN
            for layer in layers:
                made = layer(seen, hidden)
                seen = made[0] if isinstance(made, tuple) else made
            return seen

        def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> tuple[Any, ...]:
            found = self.upper(self.lower(input_ids, attention_mask, token_type_ids), attention_mask)
            return tuple(found.values())

    return Pooled()


def padded(torch: Any, tokens: Sequence[Any]) -> dict[str, Any]:
    """Texts as the network takes them: three arrays, (texts, longest), zeros behind the end."""
    shape = len(tokens), max(len(encoded.ids) for encoded in tokens)
    names = ("input_ids", "attention_mask", "token_type_ids")
    made = {name: torch.zeros(shape, dtype=torch.long) for name in names}
    for row, encoded in enumerate(tokens):
        count = len(encoded.ids)
        made["input_ids"][row, :count] = torch.tensor(encoded.ids)
        made["attention_mask"][row, :count] = 1
        made["token_type_ids"][row, :count] = torch.tensor(encoded.type_ids)
    return made


def lower_outputs(torch: Any, network: Any, tokens: Sequence[Any]) -> list[Any]:
    """What the frozen layers make of each text, (tokens, width) in half precision."""
    network.eval()
    kept: list[Any] = [None] * len(tokens)
    order = sorted(range(len(tokens)), key=lambda row: len(tokens[row].ids))
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for at in range(0, len(order), TOGETHER):
            rows = order[at : at + TOGETHER]
            seen = network.lower(**padded(torch, [tokens[row] for row in rows])).half()
            for place, row in enumerate(rows):
                kept[row] = seen[place, : len(tokens[row].ids)].clone()
    return kept


def learn(
    torch: Any,
    network: Any,
    seen: Sequence[Any],
    loss_of: Loss,
    rows: npt.NDArray[np.intp],
    *,
    seed: int,
    epochs: int,
    rate: float,
    after: Callable[[int, float], None] | None = None,
    keep: Path | None = None,
) -> None:
    """Train the upper layers and heads on some of the texts (`rows`).

    `loss_of` makes a loss of the logits by name and the rows of a batch; `after` is told each pass and its mean loss. What was
    learnt is kept in the file `keep` after each pass, and a later run goes on from there.
    """
    lengths = np.array([len(one) for one in seen])
    layers = [one for one in network.body.parameters() if one.requires_grad]
    heads = list(network.heads.parameters())
    groups = [{"params": layers, "lr": rate}, {"params": heads, "lr": rate * HEAD_FASTER}]
    optimizer = torch.optim.AdamW(groups, weight_decay=DECAY)
    steps = max(1, epochs * -(-len(rows) // TOGETHER))

    def share(step: int) -> float:
        """The share (0–1) of the full learning rate: rises first, then falls to nothing."""
        rising = (step + 1) / (WARM_UP * steps + 1)
        falling = max(0.0, 1 - step / steps)
        return min(rising, falling)

    slope = torch.optim.lr_scheduler.LambdaLR(optimizer, share)
    done = 0
    if keep is not None and keep.is_file():
        done = _restored(torch, keep, network, optimizer, slope)
    for number in range(done, epochs):
        network.train()
        rng = np.random.default_rng((seed, number))
        total, count = 0.0, 0
        for chosen in _batches(rows, lengths, rng):
            hidden, mask = _joined(torch, [seen[row] for row in chosen])
            with torch.autocast("cpu", torch.bfloat16):
                found = network.upper(hidden, mask)
            loss = loss_of({name: logits.float() for name, logits in found.items()}, chosen)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(layers + heads, 1.0)
            optimizer.step()
            slope.step()
            total += float(loss.detach())
            count += 1
        if after is not None:
            after(number + 1, total / count)
        if keep is not None:
            _kept(torch, keep, network, optimizer, slope, number + 1)
    network.eval()


def _kept(torch: Any, keep: Path, network: Any, optimizer: Any, slope: Any, passes: int) -> None:
    learnt = {name: value for name, value in network.named_parameters() if value.requires_grad}
    state = {
        "learnt": learnt, "optimizer": optimizer.state_dict(), "slope": slope.state_dict(), "passes": passes
    }  # fmt: skip
    torch.save(state, keep)


def _restored(torch: Any, keep: Path, network: Any, optimizer: Any, slope: Any) -> int:
    """Put back what was kept; gives the number of passes that were done."""
    state = torch.load(keep, weights_only=True)
    network.load_state_dict(state["learnt"], strict=False)
    optimizer.load_state_dict(state["optimizer"])
    slope.load_state_dict(state["slope"])
    return int(state["passes"])


def _batches(
    rows: npt.NDArray[np.intp], lengths: npt.NDArray[np.int_], rng: np.random.Generator
) -> Iterator[npt.NDArray[np.intp]]:
    """Batches of texts of like length, in any order."""
    about = lengths[rows] + rng.uniform(0, APART, len(rows))
    order = rows[np.argsort(about)]
    starts = np.arange(0, len(order), TOGETHER)
    for at in rng.permutation(starts):
        yield order[at : at + TOGETHER]


def _joined(torch: Any, seen: Sequence[Any]) -> tuple[Any, Any]:
    longest = max(len(one) for one in seen)
    hidden = torch.zeros((len(seen), longest, seen[0].shape[1]))
    mask = torch.zeros((len(seen), longest), dtype=torch.long)
    for row, one in enumerate(seen):
        hidden[row, : len(one)] = one.float()
        mask[row, : len(one)] = 1
    return hidden, mask

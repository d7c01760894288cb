"""The losses that training minimises, and accuracies on validation tunes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as fn

from bridge.music.chords import CHORD_CLASSES
from tools.data.augment import given_chords, heard_masks, with_mistakes
from tools.data.dataset import Batch, pitch_class, root_of
from tools.data.sizes import CLASSES, HALVES, STEPS
from tools.network.config import TrainConfig
from tools.network.nets import TrioModel

MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 10, 11), (0, 2, 3, 5, 7, 8, 9, 10)
"""Intervals of a chord's scale from its root: major with both sevenths, minor both sixths."""


def _clashing() -> npt.NDArray[np.bool_]:
    chords, notes = np.ogrid[:CHORD_CLASSES, : CLASSES[1]]
    interval = (pitch_class(notes) - root_of(chords)) % 12
    inside = np.where(chords >= 13, np.isin(interval, MINOR), np.isin(interval, MAJOR))
    found: npt.NDArray[np.bool_] = ~inside & (chords > 0) & (notes >= 2)
    return found


CLASHING = _clashing()
"""[25, 90]: True for a bass class that is a note outside a chord's scale; class 0 has none."""


@dataclass(frozen=True)
class Step:
    """A batch as tensors, with the inputs of the surrogate."""

    tokens: Tensor
    chords: Tensor
    style_bass: Tensor
    style_drums: Tensor
    melody: Tensor
    heard: Tensor
    given: Tensor
    phase: Tensor

    @classmethod
    def of(cls, batch: Batch, rng: np.random.Generator, rough: float = 1.0) -> Step:
        """Draw masks, mistakes and given chords for a batch; ``rough`` scales the mistakes."""
        heard = heard_masks(len(batch.tokens), rng, batch.tokens.shape[1])
        melody = with_mistakes(batch.tokens[..., 0], rng, rough) * (heard > 0)
        return cls(
            tokens=torch.from_numpy(batch.tokens),
            chords=torch.from_numpy(batch.chords),
            style_bass=torch.from_numpy(batch.style_bass),
            style_drums=torch.from_numpy(batch.style_drums),
            melody=torch.from_numpy(melody.astype(np.int64)),
            heard=torch.from_numpy(heard),
            given=torch.from_numpy(given_chords(batch.chords, rng)),
            phase=torch.from_numpy(batch.phase),
        )

    def to(self, device: torch.device) -> Step:
        """The same on a device."""
        return Step(**{name: value.to(device) for name, value in vars(self).items()})


def kl_normal(mu: Tensor, sigma: Tensor) -> Tensor:
    """KL of N(mu, sigma) from N(0, 1), each dimension, in nats."""
    return 0.5 * (mu.square() + sigma.square() - 1) - sigma.log()


def kl_between(mu: Tensor, sigma: Tensor, mu_p: Tensor, sigma_p: Tensor) -> Tensor:
    """KL of N(mu, sigma) from N(mu_p, sigma_p), each dimension, in nats."""
    ratio = (sigma.square() + (mu - mu_p).square()) / (2 * sigma_p.square())
    return ratio - 0.5 + sigma_p.log() - sigma.log()


def track_nats(model: TrioModel, logits: list[Tensor], tokens: Tensor) -> Tensor:
    """Cross entropy [3, N, 64] of each track's logits, in nats; 0 where there are none."""
    rows = []
    for track, (net, values) in enumerate(zip(model.decoder.nets(), logits, strict=True)):
        target = net.index[tokens[: len(values), :, track]]
        nats = fn.cross_entropy(values.flatten(0, 1), target.flatten(), reduction="none")
        missing = len(tokens) - len(values)
        rows.append(fn.pad(nats.reshape(target.shape), (0, 0, 0, missing)))
    return torch.stack(rows)


def clash_of(model: TrioModel, logits: Tensor, chords: Tensor) -> Tensor:
    """Mean probability for each step of bass notes outside their chord's scale.

    Of bass logits [N, 64, W] and the chords [N, 8] under them.
    """
    words = model.decoder.nets()[1].words
    outside = torch.from_numpy(CLASHING).to(logits)[:, words]
    rows = outside[chords].repeat_interleave(STEPS // HALVES, dim=1)
    return (torch.softmax(logits, -1) * rows).sum(-1).mean()


def own_nats(nats: Tensor, melodies: int) -> dict[str, Tensor]:
    """Mean nats a step of each track [3, N, 64] decoded from the trio's own code."""
    melody = nats[0, :melodies].mean()
    return {"melody": melody, "bass": nats[1].mean(), "drums": nats[2].mean()}


def loss_of(
    model: TrioModel, step: Step, config: TrainConfig, beta: float
) -> tuple[Tensor, dict[str, float]]:
    """The joint loss (nats for each step) and its parts.

    The first half of the batch decodes the trio's own code, the second half the surrogate's, so
    that the same decoders read both codes at the cost of one decode. The surrogate's half decodes
    no melody, since the player has it; of the other half only one half does, which is enough. With
    ``only_surrogate`` the whole batch is the surrogate's.
    """
    count = len(step.tokens)
    half = 0 if config.only_surrogate else count // 2
    mu, sigma = model.encoder(step.tokens)
    style = model.style(step.style_bass, step.style_drums)
    style = style + 0.1 * torch.randn_like(style)
    mu_s, sigma_s, chord_logits = model.surrogate(
        step.melody, step.heard, style, step.given, step.phase
    )
    own = torch.arange(count, device=mu.device).unsqueeze(1) < half
    z = torch.where(own, mu, mu_s) + torch.where(own, sigma, sigma_s) * torch.randn_like(mu)
    melodies = half // 2
    logits = model.decoder(z, step.tokens, config.token_dropout, melodies=melodies)
    nats = track_nats(model, logits, step.tokens)
    extra = (config.bass_weight - 1) * nats[1, :half].sum()
    recon = (nats.sum() + extra) / (count * STEPS)
    prior = kl_normal(mu, sigma).mean(0).clamp(min=config.free_nats).sum() / STEPS
    match = kl_between(mu.detach(), sigma.detach(), mu_s, sigma_s).sum(1).mean() / STEPS
    chord = fn.cross_entropy(chord_logits.reshape(count * HALVES, -1), step.chords.flatten())
    held = fn.cross_entropy(model.chords_of(z).reshape(count * HALVES, -1), step.chords.flatten())
    total = recon + beta * prior + config.match_weight * match
    total = total + config.chord_weight * chord + config.harmony_weight * held
    clash = clash_of(model, logits[1][half:], step.chords[half:])
    total = total + config.clash_weight * clash
    parts = {
        "loss": total,
        **(own_nats(nats[:, :half], melodies) if half else {}),
        "bass_s": nats[1, half:].mean(),
        "drums_s": nats[2, half:].mean(),
        "prior": prior,
        "match": match,
        "chord": chord,
        "held": held,
        "clash": clash,
    }
    return total, {name: float(value.detach()) for name, value in parts.items()}


@torch.no_grad()
def validation_accuracies(model: TrioModel, step: Step) -> dict[str, float]:
    """Accuracies of one validation batch, own predictions fed back (shares 0..1).

    ``recon_*`` from the trio's mean code; ``sur_*`` from the surrogate's mean code with every
    step heard; ``root_heard`` / ``root_next``: the chord head's downbeat roots of bars 0..3
    with all heard, and of bar 3 with only three bars heard; ``bass_*`` the same of the
    downbeat bass notes that are played.
    """
    mu, _ = model.encoder(step.tokens)
    said = model.decoder.greedy(mu)
    right = (said == step.tokens).float().mean((0, 1)).tolist()
    out = dict(zip(("recon_melody", "recon_bass", "recon_drums"), right, strict=True))
    style = model.style(step.style_bass, step.style_drums)
    none = torch.zeros_like(step.given)
    melody = step.tokens[..., 0]
    for name, known, bars in (("heard", STEPS, slice(None)), ("next", STEPS - 16, slice(3, 4))):
        heard = torch.zeros_like(step.heard)
        heard[:, :known] = 1
        mu_s, _, logits = model.surrogate(melody * heard.long(), heard, style, none, step.phase)
        band = model.decoder.greedy(mu_s)
        truth = step.chords[:, ::2][:, bars]
        named = logits.argmax(-1)[:, ::2][:, bars]
        chord = truth > 0
        same = (named > 0) & ((named - 1) % 12 == (truth - 1) % 12)
        out[f"root_{name}"] = float(same[chord].float().mean())
        bass = band[:, ::16, 1][:, bars]
        played_root = (bass + 19) % 12 == (truth - 1) % 12
        out[f"bass_{name}"] = float(played_root[chord & (bass >= 2)].float().mean())
        if name == "heard":
            out["sur_drums"] = float((band[..., 2] == step.tokens[..., 2]).float().mean())
    return out

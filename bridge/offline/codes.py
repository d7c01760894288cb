"""Codes into music and music into codes, off line, with a model of any kind. Pure.

Every code is decoded with random numbers of its own seed, so that a code sounds the same
alone and in a row. The history keeps results as :class:`~bridge.files.history.HistoryEntry`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from bridge.errors import ModelError
from bridge.files.history import HistoryEntry
from bridge.latent.paths import closed_path
from bridge.latent.space import Floats, checked, lerp, sample, slerp
from bridge.model.answering.answer import (
    chord_input,
    decode_windows,
    encode_windows,
    no_chords,
    noise_of,
)
from bridge.model.contract import Codec, Gaussian, Ints, ModelSpec, Trio, Window, check_metre
from bridge.model.windows import song_of
from bridge.music.grid import metre_named
from bridge.music.key import Key
from bridge.music.smf.song import Song

BATCH: Final = 16
"""Windows encoded at once; progress is reported after each batch."""
Progress = Callable[[int, int], None]
"""Called with (items done, items in all)."""


def quiet(done: int, of: int) -> None:
    """Report no progress."""


def fitted(
    codec: Codec, codes: Floats, say: Callable[[str], object] = str
) -> tuple[Floats, Ints | None]:
    """Codes [N, W] as codes [N, Z] of the model, and their chords [N, H] where they are known.

    Those of the model's earlier version are moved through the notes that they stood for, which
    ``say`` is told in a line. ModelError for another width.
    """
    spec, width = codec.spec, np.shape(codes)[-1]
    if width == spec.latent or not spec.earlier or width != spec.earlier:
        return checked(codes, spec.latent), None
    found, chords = codec.moved(checked(codes, spec.earlier))
    say(f"{len(found)} codes of an earlier {spec.name}: moved to this one through their notes")
    return checked(found, spec.latent), chords


def decoder_of(spec: ModelSpec) -> str:
    """The checksum of a model's decoder; empty for one without a file."""
    graph = spec.graphs.get("decoder")
    return "" if graph is None else graph.sha256.lower()


def drawn(codec: Codec, count: int, seed: int, *, temperature: float = 1.0) -> Floats:
    """``count`` codes [N, Z] of a model's latent space; ``temperature`` (>= 0) scales their
    distance from the middle. ModelError for fewer than one."""
    if codec.distribution is not None:
        return codec.distribution.drawn(count, seed, temperature=temperature)
    return sample(count, codec.spec.latent, seed, temperature=temperature)


def decoded(
    codec: Codec,
    codes: Floats,
    *,
    temperature: float,
    seed: int,
    stride: int = 1,
    chords: Ints | None = None,
    progress: Progress = quiet,
) -> Window:
    """Codes [N, Z] -> windows [N, T, C], code n with noise of ``seed + stride * n``.

    ``temperature`` (0 or more) is the randomness of notes, ``chords`` [N, H] are those that a band
    plays (None: as heard in its melody). ModelError for codes of another
    width than the model's.
    """
    rows, windows = checked(codes, codec.spec.latent), []
    for number, code in enumerate(rows):
        windows.append(
            decode_windows(
                codec, code[np.newaxis], temperature=temperature,
                controls=no_chords(codec.spec),
                noise=noise_of(codec, seed + stride * number),
                chords=None if chords is None else chords[number : number + 1],
            )
        )  # fmt: skip
        progress(number + 1, len(rows))
    return np.concatenate(windows)


def encoded(codec: Codec, windows: Window, progress: Progress = quiet) -> Floats:
    """Windows [N, T, C] -> the means of their posteriors [N, Z]."""
    found: list[Gaussian] = []
    for first in range(0, len(windows), BATCH):
        batch = windows[first : first + BATCH]
        found.append(encode_windows(codec, batch, no_chords(codec.spec, len(batch))))
        progress(first + len(batch), len(windows))
    return checked(np.concatenate([code.mu for code in found]), codec.spec.latent)


def preset_code(trio: Trio, name: str) -> Floats:
    """The code [Z] that a band's model expects for a style while no melody is heard."""
    spec = trio.spec
    none = np.zeros((1, spec.steps), np.int64)
    halves = np.full((1, 2 * spec.bars), -1, np.int64)
    style = np.asarray(trio.presets[name].vector, np.float32)[np.newaxis]
    begins = np.zeros(1, np.int64)
    guess = trio.surrogate(none, none.astype(np.float32), style, chord_input(halves), begins)
    code: Floats = checked(guess.code.mu, spec.latent)[0]
    return code


def way(anchors: Sequence[Floats], steps: int, *, straight: bool = False) -> Floats:
    """Interpolated codes [N, Z] through ``anchors`` [Z].

    Two anchors: ``steps`` (2 or more) codes from the first to the second, both included. Three
    or more: a closed path with ``steps`` (1 or more) codes from each anchor to the next. The
    codes lie on arcs, or on lines where ``straight``. ModelError for fewer than two anchors.
    """
    if len(anchors) < 2:
        raise ModelError("one anchor leads nowhere: give two, or three and more to go round")
    points = checked(np.stack(anchors))
    if len(points) > 2:
        return closed_path(points, steps, straight=straight)
    if steps < 2:
        raise ModelError(f"{steps} steps from A to B: choose 2 or more")
    shares = np.arange(steps) / (steps - 1)
    between = lerp if straight else slerp
    return between(points[0], points[1], shares)


def song_for(codec: Codec, entry: HistoryEntry, progress: Progress = quiet) -> Song:
    """The music of an entry. ModelError for a model whose codes have another width."""
    spec, metre = codec.spec, metre_named(entry.metre)
    check_metre(spec, metre.name)
    windows = decoded(
        codec.in_metre(metre.name),
        entry.table(),
        temperature=entry.temperature,
        seed=entry.seed,
        stride=entry.stride,
        chords=entry.chord_table(),
        progress=progress,
    )
    back = Key.parse(entry.key).back if entry.key else 0
    if entry.bars and entry.bars != spec.bars:
        windows, bars = cut(windows, spec, entry.bars), len(windows) * entry.bars
        song = song_of(spec, windows, bpm=entry.bpm, back=back, metre=metre)
        return replace(song, length=metre.bar_start(bars))
    return song_of(spec, windows, bpm=entry.bpm, back=back, metre=metre)


def cut(windows: Window, spec: ModelSpec, bars: int) -> Window:
    """``bars`` bars of each window [N, T, C], joined and cut into windows again.

    Bar n of the result is from window ``n // bars``, at the position ``n % spec.bars`` in it;
    the last window is filled up with silence.
    """
    steps = spec.steps // spec.bars
    rows = []
    for bar in range(len(windows) * bars):
        at = bar % spec.bars * steps
        rows.append(windows[bar // bars, at : at + steps])
    whole = np.concatenate(rows)
    missing = -len(whole) % spec.steps
    return np.pad(whole, ((0, missing), (0, 0))).reshape(-1, *windows.shape[1:])


def facts_of(song: Song) -> dict[str, Any]:
    """The number of notes by the name of the track."""
    return {track.name: len(track.notes) for track in song.tracks}

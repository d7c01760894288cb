"""The messages between the engine and the model worker."""

from __future__ import annotations

import msgspec


class PartPoint(msgspec.Struct, frozen=True):
    """A part's own place in the latent space: ``offset`` (Z floats, empty for none) is added
    to the request's for this part alone, ``listen`` 0..1 taken instead of its."""

    part: str
    offset: tuple[float, ...] = ()
    listen: float = 1.0


class PriorContinuation(msgspec.Struct, frozen=True):
    """Where the music goes next, by the model's prior: ``past`` holds the codes of the windows
    before this one, oldest first (Z floats each); a share 0..1 of the code is what the prior
    makes follow them, in ``steps`` steps at ``temperature`` 0..2 from a ``seed``."""

    past: tuple[tuple[float, ...], ...]
    share: float
    seed: tuple[int, ...] = (0,)
    steps: int = 8
    temperature: float = 1.0


class GuestVoice(msgspec.Struct, frozen=True):
    """What a second model of the library plays, decoded from codes of its own.

    ``codes`` are decoded with noise of ``seeds`` (one each) at ``temperature`` 0..2; ``places``
    says, for each bar of the band's window, which code and which bar of that model's window it
    is, and ``at`` which of them is the bar asked for. ``leads``: the band hears this melody in
    place of the player's; else it goes its own way and the melody is moved into its key.
    ``shift`` is the band's, where its chords are fixed (None: the melody tells).
    """

    model: str
    codes: tuple[tuple[float, ...], ...]
    seeds: tuple[int, ...]
    places: tuple[tuple[int, int], ...]
    at: int
    temperature: float = 0.5
    leads: bool = True
    shift: int | None = None


class Request(msgspec.Struct, frozen=True, tag=True):
    """Ask for bars of accompaniment. All in the common key.

    ``generation`` rises by one with each request; ``target_bar`` is the session's bar that
    the first of ``bars`` will be played at; ``bars`` are indices into the model's window;
    ``melody`` T classes; ``heard`` T flags 0 or 1; ``style`` S floats; ``chords`` eight
    classes, -1 where none is given; ``offset`` Z floats to add to the code (empty for none);
    ``temperature`` 0..2; ``variation`` 0..1, how far from the mean code the sample may lie;
    ``tempo`` in BPM and ``drummer``, a seed, tell the touch of the drums;
    ``seed`` any non-negative int: the same request gives the same result. ``listen`` 0..1 is
    how much of the code made of the melody is taken (what is missing, ``offset`` has to
    bring); ``points`` are parts that are decoded at places of their own. ``before`` holds
    whole bars of classes that were played before the window, oldest first: the chord reader
    hears them too. ``tap`` asks for drums of the rhythm that was tapped in the two bars before
    each, where there is a model for it. ``onward`` asks a model with a prior to go on by itself.
    ``guest`` names a second model that is to be made ready, ``voice`` has what it plays.
    ``knobs`` are attributes by name and what is asked of them, -1..1, of a model that has
    ``steering``. ``phase`` is the bar that the window begins with, counted from one where the
    groove begins (below 0 too): a fill every fourth bar has its place.
    """

    generation: int
    target_bar: int
    bars: tuple[int, ...]
    melody: tuple[int, ...]
    heard: tuple[int, ...]
    style: tuple[float, ...]
    chords: tuple[int, ...] = ()
    offset: tuple[float, ...] = ()
    temperature: float = 0.5
    variation: float = 0.0
    seed: int = 0
    listen: float = 1.0
    points: tuple[PartPoint, ...] = ()
    before: tuple[int, ...] = ()
    tempo: float = 120.0
    drummer: int = 0
    tap: bool = False
    onward: PriorContinuation | None = None
    knobs: tuple[tuple[str, float], ...] = ()
    guest: str = ""
    voice: GuestVoice | None = None
    phase: int = 0


class BarTokens(msgspec.Struct, frozen=True):
    """One bar: 16 classes a track. ``touch`` has a (velocity 1..127, ticks late) for each hit
    in the order of ``tokens.decode_drums``, or nothing."""

    melody: tuple[int, ...]
    bass: tuple[int, ...]
    drums: tuple[int, ...]
    touch: tuple[tuple[int, int], ...] = ()


class Result(msgspec.Struct, frozen=True, tag=True):
    """The answer to the request of the same ``generation``.

    ``bars`` in the order asked; ``code`` the Z floats that were decoded; ``chords`` the
    eight chord classes of the window (given or predicted); ``milliseconds`` in the model;
    ``heard`` the Z floats that the melody alone led to, before offset and variation;
    ``chords_before`` the chord classes of the request's ``before``, two a bar, as they are
    heard now that one knows what came after; empty without a chord reader;
    ``shift`` (of a voice that leads) what moved its melody into the common key.
    """

    generation: int
    target_bar: int
    bars: tuple[BarTokens, ...]
    code: tuple[float, ...]
    chords: tuple[int, ...]
    milliseconds: float
    heard: tuple[float, ...] = ()
    chords_before: tuple[int, ...] = ()
    shift: int | None = None


class WorkerReady(msgspec.Struct, frozen=True, tag=True):
    """The worker has loaded its model and warmed up (``milliseconds`` in all)."""

    model: str
    milliseconds: float


class WorkerFailed(msgspec.Struct, frozen=True, tag=True):
    """The worker could not do what was asked; ``message`` is one line for a person.

    ``fatal`` means that it could not load its model: starting it again would not help.
    """

    message: str
    generation: int = -1
    fatal: bool = False


FromWorker = Result | WorkerReady | WorkerFailed

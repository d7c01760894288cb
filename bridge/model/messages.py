"""The messages between the engine and the model worker."""

from __future__ import annotations

import msgspec


class PartPoint(msgspec.Struct, frozen=True):
    """A latent point for one part: ``offset`` (Z floats, empty for none) is added to the
    request's offset for this part alone, and ``listen`` 0..1 replaces the request's."""

    part: str
    offset: tuple[float, ...] = ()
    listen: float = 1.0


class PriorContinuation(msgspec.Struct, frozen=True):
    """A request to continue by the model's prior.

    ``past`` holds the codes of the preceding windows, oldest first (Z floats each). The prior
    samples the next code in ``steps`` steps at ``temperature`` 0..2 with ``seed``; ``share`` 0..1
    is its weight in the code that is decoded.
    """

    past: tuple[tuple[float, ...], ...]
    share: float
    seed: tuple[int, ...] = (0,)
    steps: int = 8
    temperature: float = 1.0


class GuestVoice(msgspec.Struct, frozen=True):
    """The music of a guest model, decoded from codes of its own.

    ``codes`` are decoded with noise of ``seeds`` (one each) at ``temperature`` 0..2. ``places``
    maps each bar of the band's window to (index of a code, bar of the guest's window); ``at`` is
    the index of the requested bar in it. ``leads``: the band follows this melody instead of the
    player's; else the melody is transposed to the band's key. ``shift`` (semitones to the common
    key) is given where the band's chords are fixed (None: found from the melody).
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
    """A request for bars of accompaniment, in the common key. Equal requests give equal results.

    Identity: ``generation`` rises by one with each request; ``target_bar`` is the session's bar at
    which the first of ``bars`` (indices into the model's window) will be played.

    Input: ``melody`` T classes; ``heard`` T flags 0 or 1; ``before`` whole bars of melody classes
    before the window, oldest first, for the chord reader; ``style`` S floats; ``chords`` eight
    classes, -1 where none is given; ``style_bass`` and ``style_drums`` T classes of bars in place
    of the style (empty: none; a bass without notes is that of ``style``); ``phase`` the number of
    the window's first bar, relative to a first bar of the groove cycle (also negative), so that
    fills keep their place.

    ``metre`` is the name of the metre whose steps melody, heard and before are in, and the bars of
    the result (T is the model's number of bars times the metre's steps).

    Code: ``listen`` 0..1 is the weight of the code predicted from the melody; ``offset`` Z floats
    are added (empty for none); ``variation`` 0..1 scales the sample's distance from the mean;
    ``points`` are parts with latent points of their own; ``onward`` continues by the prior;
    ``knobs`` are (attribute, -1..1) for a model with ``steering``.

    Sampling: ``temperature`` 0..2; ``seed`` >= 0; ``tempo`` in BPM and the seed ``drummer``
    determine the touch of the drums; ``tap`` asks for drums from the rhythm tapped in the two bars
    before each, where a model for it is loaded. ``guest`` names a guest model to load in advance,
    ``voice`` is the music that it plays.
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
    metre: str = "4/4"
    style_bass: tuple[int, ...] = ()
    style_drums: tuple[int, ...] = ()


class BarTokens(msgspec.Struct, frozen=True):
    """One bar: a class for each step of its metre in each track. ``touch`` is (velocity 1..127,
    delay in ticks) of each hit in the order of ``tokens.decode_drums``, or empty."""

    melody: tuple[int, ...]
    bass: tuple[int, ...]
    drums: tuple[int, ...]
    touch: tuple[tuple[int, int], ...] = ()


class Result(msgspec.Struct, frozen=True, tag=True):
    """The answer to the request of the same ``generation``.

    ``bars`` are in the requested order; ``code`` is the decoded code (Z floats); ``chords`` are the
    eight chord classes of the window (given or predicted); ``milliseconds`` is the time taken;
    ``metre`` is the request's; ``heard`` is the code predicted from the melody alone, before
    offset and variation (Z floats);
    ``chords_before`` are the chord classes of the request's ``before``, two a bar, read with the
    later context (empty without a chord reader); ``shift`` is the transposition of a leading
    guest's melody to the common key, in semitones.
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
    metre: str = "4/4"


class WorkerReady(msgspec.Struct, frozen=True, tag=True):
    """The worker has loaded its model and warmed up (``milliseconds`` in all)."""

    model: str
    milliseconds: float


class WorkerFailed(msgspec.Struct, frozen=True, tag=True):
    """The worker failed; ``message`` is one line for a person.

    ``fatal``: the model could not be loaded, so that a restart would not help.
    """

    message: str
    generation: int = -1
    fatal: bool = False


FromWorker = Result | WorkerReady | WorkerFailed

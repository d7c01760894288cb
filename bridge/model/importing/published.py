"""Magenta's published checkpoints, by name.

Sources: Magenta's list for magenta.js (``music/checkpoints/checkpoints.json`` in
github.com/magenta/magenta-js, linked by goo.gl/magenta/js-checkpoints) and the table in
``magenta/models/music_vae/README.md`` of github.com/magenta/magenta. Sizes in MB are from the
list, None where it has none. No checksums are published.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from bridge.errors import NameUnknown

_JS: Final = "https://storage.googleapis.com/magentadata/js/checkpoints/"
_TAR: Final = "https://storage.googleapis.com/magentadata/models/music_vae/checkpoints/"
LICENCE: Final = "Apache-2.0 (Magenta)"


@dataclass(frozen=True)
class PublishedCheckpoint:
    """One checkpoint: its name here, its kind, a description, URL, size in MB, and the name in
    Magenta's list where it differs."""

    name: str
    kind: str
    about: str
    url: str
    megabytes: float | None = None
    listed_as: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """All names by which it can be found."""
        return (self.name, self.listed_as) if self.listed_as else (self.name,)


_MAGENTA_JS: Final = (
    # name, kind, MB, description in the list
    ("mel_2bar_small", "melody", 17.7, "2 bars; the smallest"),
    ("mel_4bar_small_q2", "melody", 26.5, "4 bars; less accurate than the medium ones"),
    ("mel_4bar_med_q2", "melody", 65.4, "4 bars; medium"),
    ("mel_4bar_med_lokl_q2", "melody", 65.4, "4 bars; medium, better for sampling"),
    ("mel_16bar_small_q2", "melody", 23.5, "16 bars, with a conductor"),
    ("mel_chords", "melody", 17.6, "2 bars, conditioned on chords"),
    ("drums_2bar_lokl_small", "drums", 18.5, "2 bars; better for sampling"),
    ("drums_2bar_hikl_small", "drums", 18.5, "2 bars; better for interpolation"),
    ("drums_2bar_nade_9_q2", "drums", 27.6, "2 bars; drum by drum (NADE)"),
    ("drums_4bar_med_q2", "drums", 68.2, "medium; better for interpolation"),
    ("drums_4bar_med_lokl_q2", "drums", 68.2, "medium; better for sampling"),
    ("trio_4bar", "trio", 17.6, "4 bars of melody, bass and drums; better for sampling"),
    ("trio_16bar", "trio", 1710.0, "16 bars of melody, bass and drums; very large"),
    ("multitrack", "multitrack", 26.4, "1 bar, up to 8 instruments"),
    ("multitrack_med", "multitrack", 95.9, "1 bar, up to 8 instruments; larger"),
    ("multitrack_med_fb256", "multitrack", 95.9, "the same, trained with 256 free bits"),
    ("multitrack_chords", "multitrack", 26.9, "1 bar, conditioned on a chord"),
    ("multitrack_med_chords", "multitrack", 96.9, "1 bar, conditioned on a chord; larger"),
    ("multitrack_med_chords_fb256", "multitrack", 96.9, "the same, 256 free bits"),
    ("groovae_2bar_humanize", "groove", 15.8, "2 bars: a stiff pattern gets a feel"),
    ("groovae_4bar", "groove", 15.8, "4 bars; takes in a groove and gives one"),
)
_TAP2DRUM: Final = tuple(f"tap2drum_{bars}bar" for bars in (1, 2, 3, 4))
_MULTICONTROL: Final = (
    ("mel_2bar_multicontrol_tiny", "melody", 11.0, "2 bars, on chord, rhythm, shape, register"),
    ("mel_rhythm_2bar_tiny", "rhythm", 6.0, "2 bars: rhythms of melodies"),
    ("mel_shape_2bar_tiny", "shape", 6.0, "2 bars: shapes of melodies"),
)
_FREE_BITS: Final = (0, 8, 16, 32)
_LISTED_AS: Final = {"trio_4bar": "trio_4bar_lokl_small_q1", "trio_16bar": "trio_16bar_xl"}


def _melody(bars: int) -> dict[str, Any]:
    segments = {"numSegments": 16} if bars == 16 else {}
    args = {"numSteps": 16 * bars, "minPitch": 21, "maxPitch": 108} | segments
    return {"type": "MelodyConverter", "args": args}


_VOICE: Final = {"minPitch": 21, "maxPitch": 108}
_TRIO: Final = {"melArgs": _VOICE, "bassArgs": _VOICE, "drumsArgs": {"pitchClasses": None}}
_TENSORFLOW: Final[dict[str, tuple[str, str, dict[str, Any]]]] = {
    # configuration: kind, description in the table, magenta.js's converter
    "cat-mel_2bar_big": ("melody", "2 bars; the largest", _melody(2)),
    "cat-mel_2bar_small": ("melody", "", _melody(2)),
    "hierdec-mel_16bar": ("melody", "16 bars, with a conductor", _melody(16)),
    "hierdec-trio_16bar": (
        "trio",
        "16 bars of melody, bass and drums; about 2 GB",
        {"type": "TrioConverter", "args": {"numSteps": 256, "numSegments": 16, **_TRIO}},
    ),
    "cat-drums_2bar_small": (
        "drums",
        "",
        {"type": "DrumsConverter", "args": {"numSteps": 32, "pitchClasses": None}},
    ),
    "groovae_4bar": ("groove", "4 bars", {"type": "GrooveConverter", "args": {"numSteps": 64}}),
    "groovae_2bar_humanize": (
        "groove",
        "2 bars: a stiff pattern gets a feel",
        {"type": "GrooveConverter", "args": {"numSteps": 32, "humanize": True}},
    ),
    "groovae_2bar_tap_fixed_velocity": (
        "groove",
        "2 bars: taps become drums",
        {"type": "GrooveConverter", "args": {"numSteps": 32, "tapify": True}},
    ),
}
_TARS: Final = (
    ("cat-mel_2bar_big", None),
    ("hierdec-mel_16bar", None),
    ("hierdec-trio_16bar", None),
    ("cat-drums_2bar_small.lokl", "2 bars; better for sampling"),
    ("cat-drums_2bar_small.hikl", "2 bars; better for interpolation"),
    ("groovae_4bar", None),
    ("groovae_2bar_humanize", None),
    ("groovae_2bar_tap_fixed_velocity", None),
)


def _published() -> Iterator[PublishedCheckpoint]:
    for name, kind, megabytes, about in _MAGENTA_JS:
        url = f"{_JS}music_vae/{name}"
        yield PublishedCheckpoint(name, kind, about, url, megabytes, _LISTED_AS.get(name, ""))
    for name in _TAP2DRUM:
        bars = f"{name[9]} bar{'s' if name[9] > '1' else ''}: taps become drums"
        yield PublishedCheckpoint(name, "groove", bars, f"{_JS}groovae/{name}", 15.6)
    for stem, kind, megabytes, about in _MULTICONTROL:
        for bits in _FREE_BITS:
            name = f"{stem}_fb{bits}"
            text = f"{about}; {bits} free bits"
            yield PublishedCheckpoint(
                name, kind, text, f"{_JS}music_vae/mel_multicontrol/{name}", megabytes
            )
    for stem, about_it in _TARS:
        kind, text, _ = _TENSORFLOW[_configuration(stem) or stem]
        # Some names are in both lists: TensorFlow's have a suffix here.
        yield PublishedCheckpoint(f"{stem}.tar", kind, about_it or text, f"{_TAR}{stem}.tar")


def _configuration(name: str) -> str | None:
    """The longest configuration name that is contained in ``name``."""
    return max((known for known in _TENSORFLOW if known in name), key=len, default=None)


PUBLISHED: Final = tuple(_published())


def find(name: str) -> PublishedCheckpoint:
    """The published checkpoint of a name. NameUnknown with the nearest ones otherwise."""
    by_name = {known: one for one in PUBLISHED for known in one.names}
    if name not in by_name:
        raise NameUnknown(
            "published checkpoint", name, by_name, hint="(see: latent-bridge models available)"
        )
    return by_name[name]


def is_magenta_url(url: str) -> bool:
    """True for a URL in Magenta's public bucket."""
    return url.startswith("https://storage.googleapis.com/magentadata/")


def config_of(name: str) -> dict[str, Any] | None:
    """``config.json`` for a TensorFlow checkpoint, from the configuration in its name."""
    known = _configuration(name)
    return {"type": "MusicVAE", "dataConverter": _TENSORFLOW[known][2]} if known else None

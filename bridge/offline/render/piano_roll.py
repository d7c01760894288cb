"""A piano roll as a PNG: a lane for each track, bar lines and numbers, drum names, chords.

matplotlib (extra ``render``) is imported when a picture is drawn, with its Agg canvas only: no
window system, no global state, any thread.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bridge.errors import ExtraMissing
from bridge.music.grid import FOUR_FOUR
from bridge.music.key import NOTE_NAMES
from bridge.music.notes import Note
from bridge.music.rhythm.song_bars import SongBars, song_bars
from bridge.music.smf.song import Song, Track
from bridge.system.atomic_write import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BACKGROUND, LANE, LANE_DARK = "#0d0f15", "#141720", "#10131b"
TEXT, FAINT, BAR_LINE, BEAT_LINE = "#d9deea", "#8790a6", "#3d465c", "#1f2431"
COLOURS: Final = {"melody": "#f7b955", "bass": "#45d0b2", "drums": "#e879a6"}  # as on screen
OTHER_COLOURS: Final = ("#7bd88f", "#f28ba8", "#e6d36c", "#9aa8ff")
CHORD_COLOUR: Final = "#8fa8ff"
BLACK_KEYS: Final = frozenset({1, 3, 6, 8, 10})
INCHES_PER_BAR, WIDTH_INCHES, DPI = 0.85, (9.0, 42.0), 120
ROW_INCHES, DRUM_ROW_INCHES, HEAD_INCHES, FOOT_INCHES = 0.085, 0.24, 0.95, 0.35
LEFT_INCHES, RIGHT_INCHES, TITLE_INCHES = 1.15, 0.25, 0.92
MIN_ROWS: Final = 12
HIT_TICKS: Final = FOUR_FOUR.ticks_per_step * 6 // 10
"""Drawn length of a drum hit, independent of its note-off."""
BARS_NUMBERED: Final = 40
"""Most bar numbers; with more bars only every second (fourth, ...) bar is numbered."""
DRUM_LABELS: Final = {
    35: "kick 2",
    36: "kick",
    37: "rim",
    38: "snare",
    39: "clap",
    40: "snare 2",
    41: "floor tom",
    42: "closed hat",
    43: "floor tom 2",
    44: "pedal hat",
    45: "low tom",
    46: "open hat",
    47: "mid tom",
    48: "mid tom 2",
    49: "crash",
    50: "high tom",
    51: "ride",
    52: "china",
    53: "ride bell",
    54: "tambourine",
    55: "splash",
    56: "cowbell",
    57: "crash 2",
    59: "ride 2",
    69: "cabasa",
    70: "maracas",
    75: "claves",
}
_KIT: Final = {
    p: i for i, p in enumerate((36, 35, 38, 40, 37, 39, 42, 44, 46, 41, 43, 45, 47, 48, 50))
}
"""Drum note -> row from the bottom: kick, snare, hats, toms; others follow by number."""


@dataclass(frozen=True)
class PictureLane:
    """A track's part of the picture. ``rows`` are pitches from the bottom up."""

    title: str
    colour: str
    notes: tuple[Note, ...]
    rows: tuple[int, ...]
    drums: bool

    @property
    def inches(self) -> float:
        """Height of the lane in inches."""
        return len(self.rows) * (DRUM_ROW_INCHES if self.drums else ROW_INCHES)


def render_roll(
    song: Song,
    path: Path,
    *,
    title: str,
    chords: Sequence[tuple[int, str]] = (),
    subtitle: str = "",
) -> None:
    """Draw ``song`` to a PNG at ``path``.

    ``chords`` are (tick, name) pairs; ``subtitle`` is shown after the tempo. Raises
    ExtraMissing without matplotlib, OutputError where the file cannot be written.
    """
    figure = draw(song, title=title, chords=chords, subtitle=subtitle)
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=DPI, facecolor=BACKGROUND)
    write_whole(path, data.getvalue())


def draw(
    song: Song, *, title: str, chords: Sequence[tuple[int, str]] = (), subtitle: str = ""
) -> Figure:
    """The picture as a matplotlib figure with one axes for each lane, from the top down."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as exc:
        raise ExtraMissing("matplotlib", "render", "the piano roll picture") from exc
    lanes = lanes_of(song)
    placed = song_bars(song, force=True)
    last = max((n.end for lane in lanes for n in lane.notes), default=1) - 1
    bars = placed.grid.bar_of(last - placed.origin) + 1
    heights = [lane.inches for lane in lanes]
    width = min(max(WIDTH_INCHES[0], 1.4 + bars * INCHES_PER_BAR), WIDTH_INCHES[1])
    figure = Figure(figsize=(width, HEAD_INCHES + sum(heights) + FOOT_INCHES), layout=None)
    FigureCanvasAgg(figure)
    tall = figure.get_figheight()
    grid = figure.add_gridspec(
        len(lanes),
        1,
        height_ratios=heights,
        left=LEFT_INCHES / width,
        right=1 - RIGHT_INCHES / width,
        top=1 - HEAD_INCHES / tall,
        bottom=FOOT_INCHES / tall,
        hspace=0.06,
    )
    axes = [figure.add_subplot(grid[i]) for i in range(len(lanes))]
    for axis, lane in zip(axes, lanes, strict=True):
        _draw_lane(axis, lane, placed, bars, width - LEFT_INCHES - RIGHT_INCHES)
    _draw_chords(axes[0], chords, placed.origin + placed.grid.bar_start(bars))
    _number_bars(axes[-1], placed, bars)
    _head(figure, title, " · ".join(filter(None, [_tempo(song), _length(bars), subtitle])))
    return figure


def lanes_of(song: Song) -> list[PictureLane]:
    """A lane for each track that has notes: pitched ones first, drums at the bottom."""
    others = iter(OTHER_COLOURS * (len(song.tracks) // len(OTHER_COLOURS) + 1))
    lanes = [
        PictureLane(
            title=track.name or "track",
            colour=COLOURS.get(_role(track), "") or next(others),
            notes=tuple(track.notes),
            rows=_rows(track),
            drums=track.is_drums,
        )
        for track in song.tracks
        if track.notes
    ]
    empty = PictureLane("no notes", FAINT, (), tuple(range(60, 60 + MIN_ROWS)), False)
    return sorted(lanes, key=lambda lane: (lane.drums, -_middle(lane))) or [empty]


def _role(track: Track) -> str:
    return "drums" if track.is_drums else track.name.strip().casefold()


def _middle(lane: PictureLane) -> float:
    return sum(lane.rows) / len(lane.rows)


def _rows(track: Track) -> tuple[int, ...]:
    """The pitches shown: those used by drums, else a whole range of an octave or more."""
    pitches = sorted({note.pitch for note in track.notes})
    if track.is_drums:
        return tuple(sorted(pitches, key=lambda p: (_KIT.get(p, len(_KIT)), p)))
    low, high = pitches[0] - 1, pitches[-1] + 1
    missing = max(0, MIN_ROWS - (high - low + 1))
    low, high = low - missing // 2, high + (missing + 1) // 2
    return tuple(range(max(0, low), min(127, high) + 1))


def _draw_lane(axis: Axes, lane: PictureLane, placed: SongBars, bars: int, wide: float) -> None:
    """One lane, ``wide`` inches from its first to its last bar line."""
    row = {pitch: i for i, pitch in enumerate(lane.rows)}
    axis.set_facecolor(LANE)
    axis.set_xlim(0, placed.origin + placed.grid.bar_start(bars))
    axis.set_ylim(-0.5, len(row) - 0.5)
    dark = [i for p, i in row.items() if (i % 2 if lane.drums else p % 12 in BLACK_KEYS)]
    for i in dark:
        axis.axhspan(i - 0.5, i + 0.5, color=LANE_DARK, linewidth=0, zorder=0)
    _draw_grid(axis, placed, bars)
    _draw_notes(axis, lane, row)
    _label_rows(axis, lane, row)
    axis.tick_params(length=0, labelbottom=False, colors=FAINT, labelsize=7)
    for spine in axis.spines.values():
        spine.set_visible(False)
    axis.set_ylabel(
        lane.title, color=lane.colour, fontsize=10, fontweight="bold", labelpad=8, parse_math=False
    )
    axis.yaxis.set_label_coords(-TITLE_INCHES / wide, 0.5)


def _draw_grid(axis: Axes, placed: SongBars, bars: int) -> None:
    grid, origin = placed.grid, placed.origin
    lines = [origin + grid.bar_start(b) for b in range(bars + 1)]
    ends = range(grid.beat_of(lines[-1] - origin) + 1)
    beats = [tick for b in ends if (tick := origin + grid.beat_start(b)) not in lines]
    if bars <= 2 * BARS_NUMBERED:
        axis.vlines(beats, -0.5, axis.get_ylim()[1], color=BEAT_LINE, linewidth=0.6, zorder=1)
    axis.vlines(lines, -0.5, axis.get_ylim()[1], color=BAR_LINE, linewidth=1.0, zorder=1)


def _draw_notes(axis: Axes, lane: PictureLane, row: dict[int, int]) -> None:
    """Draw notes as bars whose brightness is the velocity; drums as short hits."""
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import to_rgb

    boxes: list[Any] = []
    colours: list[tuple[float, ...]] = []
    colour, ground = to_rgb(lane.colour), to_rgb(LANE)
    longest, half = (HIT_TICKS, 0.3) if lane.drums else (0, 0.42)
    for note in lane.notes:
        end = note.tick + (longest if lane.drums else note.length)
        left, right, y = note.tick, max(end - 20, note.tick + 30), row[note.pitch]
        low, high = y - half, y + half
        boxes.append([(left, low), (right, low), (right, high), (left, high)])
        share = 0.4 + 0.6 * note.velocity / 127
        colours.append(
            tuple(share * c + (1 - share) * g for c, g in zip(colour, ground, strict=True))
        )
    axis.add_collection(PolyCollection(boxes, facecolors=colours, edgecolors="none", zorder=3))


def _label_rows(axis: Axes, lane: PictureLane, row: dict[int, int]) -> None:
    if lane.drums:
        labels = {i: DRUM_LABELS.get(p, f"note {p}") for p, i in row.items()}
    else:
        names = {i: (p % 12, f"{NOTE_NAMES[p % 12]}{p // 12 - 1}") for p, i in row.items()}
        labels = {i: name for i, (pitch_class, name) in names.items() if pitch_class == 0}
        if len(labels) < 2:
            labels |= {i: name for i, (pitch_class, name) in names.items() if pitch_class == 7}
    axis.set_yticks(list(labels), list(labels.values()))
    axis.set_xticks([])


def _draw_chords(axis: Axes, chords: Iterable[tuple[int, str]], end: int) -> None:
    """Write chord names above the top lane where they begin; repeated names are left out."""
    before = ""
    for tick, name in sorted(chords):
        if name != before and 0 <= tick < end:
            axis.annotate(
                name,
                (tick, 1.0),
                xycoords=("data", "axes fraction"),
                xytext=(2, 5),
                textcoords="offset points",
                color=CHORD_COLOUR,
                fontsize=9,
                fontweight="bold",
                annotation_clip=False,
                parse_math=False,
            )
        before = name


def _number_bars(axis: Axes, placed: SongBars, bars: int) -> None:
    every = 1
    while bars / every > BARS_NUMBERED:
        every *= 2
    numbered = range(0, bars, every)
    places = [placed.origin + placed.grid.bar_start(b) for b in numbered]
    axis.set_xticks(places, [str(b + 1) for b in numbered])
    axis.tick_params(axis="x", labelbottom=True, colors=FAINT, labelsize=8, pad=4)
    for label in axis.get_xticklabels():
        label.set_horizontalalignment("left")


def _head(figure: Figure, title: str, line: str) -> None:
    tall, wide = figure.get_figheight(), figure.get_figwidth()
    left = LEFT_INCHES / wide
    figure.text(
        left,
        1 - 0.22 / tall,
        title,
        color=TEXT,
        fontsize=14,
        fontweight="bold",
        va="center",
        parse_math=False,
    )
    figure.text(left, 1 - 0.47 / tall, line, color=FAINT, fontsize=9, va="center", parse_math=False)


def _tempo(song: Song) -> str:
    if not song.tempi:
        return ""
    bpms = [round(change.bpm, 1) for change in song.tempi]
    low, high = min(bpms), max(bpms)
    return f"{low:g} BPM" if low == high else f"{low:g} to {high:g} BPM"


def _length(bars: int) -> str:
    return f"{bars} bar" + ("s" if bars != 1 else "")

"""The lines above and below the roll: transport, harmony, ports, status, key hints. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.style import Style

from bridge.listening.live_chord import ListenMode
from bridge.music.grid import METRES
from bridge.session.messages.code_commands import CodeStatus
from bridge.session.messages.snapshot import Snapshot
from bridge.session.messages.status import PortStatus, WorkerState
from bridge.ui.colours import (
    ACCENT,
    BAD,
    DIM,
    EDGE,
    FAINT,
    GOOD,
    GROUND,
    RAISED,
    ROLE_COLOURS,
    SURFACE,
    TEXT,
    WARN,
    WHITE,
    ink,
    mix,
)
from bridge.ui.keymap import HINTS, Action, Hint, shown_key
from bridge.ui.view_state import WIDE, Frame, grid_of, position
from bridge.ui.views import daw_line
from bridge.ui.views.styled_lines import Line, Piece, clip, field, length, spread

PRODUCT = "Latent Bridge"
FADE = 0.45
"""Seconds in which a port's light fades after a message."""
_FADE_STEPS = 6
_WORKERS: dict[WorkerState, tuple[str, str]] = {
    WorkerState.STARTING: ("model starting", WARN),
    WorkerState.READY: ("model ready", GOOD),
    WorkerState.LOST: ("model lost", WARN),
    WorkerState.FAILED: ("model failed", BAD),
}
_PROBLEMS = (
    ("bars too late", "results_late"),
    ("bars repeated", "bars_repeated"),
    ("notes left out", "notes_dropped"),
    ("model restarts", "worker_restarts"),
)


@dataclass(frozen=True)
class Field:
    """A field of a line: its texts from the longest to the shortest, and its ``rank``: where all do
    not fit, the fields of the highest rank are shortened first, then left out (unless 0). A click
    on it does its ``action``."""

    rank: int
    texts: tuple[Line, ...]
    right: bool = False
    action: Action | None = None

    @property
    def forms(self) -> tuple[Line, ...]:
        """The texts, and none at all where the field may be left out."""
        return self.texts if self.rank == 0 else (*self.texts, ())


def _forms(fields: Sequence[Field], width: int) -> list[Line]:
    """The text of each field with which all fit, the least important shortened first."""
    forms = [0] * len(fields)

    def total() -> int:
        return sum(length(f.forms[n]) for f, n in zip(fields, forms, strict=True))

    order = sorted(range(len(fields)), key=lambda n: -fields[n].rank)
    while total() >= width:
        more = next((n for n in order if forms[n] + 1 < len(fields[n].forms)), None)
        if more is None:
            break
        forms[more] += 1
    return [f.forms[n] for f, n in zip(fields, forms, strict=True)]


def fitted(fields: Sequence[Field], width: int, ground: Style) -> Line:
    """The fields in one line of at most ``width`` cells (unless those of rank 0 are wider)."""
    pairs = list(zip(fields, _forms(fields, width), strict=True))
    left = tuple(piece for f, line in pairs if not f.right for piece in line)
    right = tuple(piece for f, line in pairs if f.right for piece in line)
    return spread(left, right, width, ground) if right else left


def header_action(frame: Frame, width: int, column: int, row: int) -> Action | None:
    """The action of the header's field that is drawn at a place."""
    fields = _transport_fields(frame) if row == 0 else _harmony_fields(frame.snapshot, width)
    pairs = list(zip(fields, _forms(fields, width), strict=True))
    rights = sum(length(line) for f, line in pairs if f.right)
    at = {False: 0, True: width - rights}
    for each, line in pairs:
        end = at[each.right] + length(line)
        if at[each.right] <= column < end:
            return each.action
        at[each.right] = end
    return None


def header(frame: Frame, width: int) -> list[Line]:
    """Two lines: transport, tempo and form; style, mode, and what is heard."""
    return [_transport(frame, width), _harmony(frame.snapshot, width)]


def _transport(frame: Frame, width: int) -> Line:
    return fitted(_transport_fields(frame), width, ink(ground=RAISED))


def _transport_fields(frame: Frame) -> tuple[Field, ...]:
    shot = frame.snapshot
    bpm = (f"{shot.bpm:7.1f}", ink(WHITE, RAISED, True))
    name = ((" ◆ ", ink(ACCENT, RAISED, True)), (f"{PRODUCT}  ", ink(WHITE, RAISED, True)))
    walk: tuple[Line, ...] = ()
    if shot.walk:
        walk = (((f"walk {shot.walk}  ", ink(DIM, RAISED)),),)
    codes = (_codes(shot.codes),) if shot.codes is not None else ()
    model_rank = 8 if shot.worker is WorkerState.READY else 3
    tempo = ((bpm, (" bpm ", ink(DIM, RAISED))), (bpm, (" ", ink(DIM, RAISED))))
    return (
        Field(9, (name, name[:1])),
        Field(0, ((_state(shot),), (_short_state(shot),)), action=Action.START_STOP),
        Field(0, (_position(frame),)),
        Field(5, (_beats(frame),), action=Action.TAP),
        Field(1, tempo, action=Action.TAP),
        Field(2, tuple(_tempo_heard(shot))),
        Field(4, tuple(_metre(shot)), action=Action.METRE),
        Field(3, _tune(shot), right=True, action=Action.TUNES),
        Field(8, walk, right=True, action=Action.WALK),
        Field(6, codes, right=True, action=Action.HISTORY),
        Field(2, tuple(_sections(shot)), right=True, action=Action.SECTIONS),
        Field(7, tuple(_clock_texts(shot)), right=True, action=Action.SETTINGS),
        Field(5, tuple(_take(shot)), right=True, action=Action.TAKES),
        Field(model_rank, tuple(_worker(shot)), right=True, action=Action.MODELS),
    )


def _tempo_heard(shot: Snapshot) -> list[Line]:
    """The tempo found while one is listened for, and how sure it is."""
    ears = shot.hearing
    if not ears.listening:
        return []
    found = f"{ears.bpm:.1f}" if ears.bpm else "?"
    sure = _sure(ears.bpm_sure, RAISED)
    return [((f"heard {found} ", ink(WARN, RAISED)), sure), ((f"{found} ", ink(WARN, RAISED)),)]


def _tune(shot: Snapshot) -> tuple[Line, ...]:
    """The tune that plays in the player's place."""
    if not shot.tune:
        return ()
    return (((f"♪ {clip(shot.tune, 20)}  ", ink(TEXT, RAISED)),), (("♪ ", ink(TEXT, RAISED)),))


def _worker(shot: Snapshot) -> list[Line]:
    """The state of the model, from the longest text to the shortest."""
    name, colour = _WORKERS[shot.worker]
    dot: Line = (("●", ink(colour, RAISED)),)
    return [(*dot, (f" {name} ", ink(DIM, RAISED))), dot]


def _clock_texts(shot: Snapshot) -> list[Line]:
    """The clock that is followed and its jitter; no text for our own clock."""
    if shot.clock in ("", "internal"):
        return []
    clock = (f"clock {clip(shot.clock, 24)}   ", ink(DIM, RAISED))
    jitter = _jitter(shot)
    return [(clock, *jitter), jitter] if jitter else [(clock,)]


def _jitter(shot: Snapshot) -> Line:
    """The standard deviation of the followed clock, in a fixed width."""
    meter = shot.meter
    if meter is None:
        return ()
    if meter.lost:
        said = "clock lost" if meter.clocks else "no clock yet"
        return ((field(said, 13), ink(WARN, RAISED)),)
    sd = meter.jitter_sd_ms
    return ((field("± -" if sd is None else f"±{sd:5.2f} ms", 13), ink(DIM, RAISED)),)


def _take(shot: Snapshot) -> list[Line]:
    """The take that is being recorded: its length; none before its first note."""
    if shot.take is None:
        return []
    minutes, seconds = divmod(int(shot.take.seconds), 60)
    dot, time = ("● ", ink(BAD, RAISED)), f"{minutes}:{seconds:02d}  "
    return [(dot, (f"take {time}", ink(DIM, RAISED))), (dot, (time, ink(DIM, RAISED)))]


def _trial(shot: Snapshot) -> list[Line]:
    """That a style is on trial, and the keys that keep it and go back."""
    if not shot.arranger.audition:
        return []
    keys = f"{shown_key(Action.TRY_KEEP)} keeps, {shown_key(Action.TRY_BACK)} goes back "
    tried = (" on trial: ", ink(WARN, SURFACE))
    return [(tried, (keys, ink(DIM, SURFACE))), ((" on trial ", ink(WARN, SURFACE)),)]


def _switched(shot: Snapshot) -> list[Line]:
    """The switches that are on and seen nowhere else: transposition, click, count-in."""
    arranger = shot.arranger
    by = f"{arranger.transpose:+d}"
    switches = (
        (by, by, arranger.transpose != 0),
        ("click", "click", arranger.metronome),
        ("count-in", "count", arranger.count_in > 0),
        ("drums in breaks", "drums", arranger.break_drums),
    )
    on = [(long, short) for long, short, is_on in switches if is_on]
    forms = (" ".join(each) for each in zip(*on, strict=True))
    return [((f" {text} ", ink(DIM, SURFACE)),) for text in forms if text]


def _sections(shot: Snapshot) -> list[Line]:
    """The form: its section, the bar in it, and the section that comes; then with less. A form
    that was chosen and waits for its start has its name only."""
    form, waits = shot.form, shot.arranger.form
    if waits:
        key = shown_key(Action.FORM_START)
        name: Line = ((f"{clip(waits, 16)} ", ink(WARN, RAISED, True)),)
        return [(*name, (f"{key} starts it  ", ink(DIM, RAISED))), name]
    if form is None:
        return []
    place = "held" if form.held else f"{form.bar}/{form.bars}"
    now: Line = (
        (f"{clip(form.section, 16)} ", ink(WHITE, RAISED, True)),
        (f"{place} ", ink(DIM, RAISED)),
    )
    colour, bold = (WARN, True) if form.pending else (FAINT, False)
    then = f"▸ {clip(form.then, 16)}   " if form.then else "  "
    return [(*now, (then, ink(colour, RAISED, bold))), now, now[:1]]


def _codes(codes: CodeStatus) -> Line:
    """The code that plays (model, label, number), and the anchors that are set."""
    place = f" {codes.code}/{codes.codes}" if codes.codes > 1 else ""
    marks = ("A" if codes.a else "") + ("B" if codes.b else "")
    of = f"{clip(codes.model, 18)} " if codes.model else ""
    return (
        (of, ink(DIM, RAISED)),
        (f"{clip(codes.label, 20)}{place} ", ink(WHITE, RAISED, True)),
        (f"{marks}  " if marks else " ", ink(DIM, RAISED)),
    )


def _state(shot: Snapshot) -> Piece:
    if shot.running and (shot.count_in or shot.beat < 0):
        return " ◌ count-in ", ink(GROUND, WARN, True)
    if shot.running:
        return " ▶ playing  ", ink(GROUND, GOOD, True)
    return " ■ stopped  ", ink(TEXT, EDGE, True)


def _short_state(shot: Snapshot) -> Piece:
    text, style = _state(shot)
    return f" {text.split()[0]} ", style


def _position(frame: Frame) -> Line:
    bar, beat = position(frame.beat, grid_of(frame.snapshot.grid))
    running = frame.snapshot.running
    bright = ink(WHITE if running else TEXT, RAISED, True)
    return ((f"{bar:4d}", bright), (".", ink(DIM, RAISED)), (f"{beat} ", bright))


def _beats(frame: Frame) -> Line:
    """A square for each beat of the bar, that of now lit."""
    _, beat = position(frame.beat, grid_of(frame.snapshot.grid))
    pieces: list[Piece] = []
    for each in range(1, METRES[frame.snapshot.metre].beats + 1):
        lit = frame.snapshot.running and each == beat
        colour = (WHITE if each == 1 else ACCENT) if lit else EDGE
        pieces.append((" ■", ink(colour, RAISED)))
    return tuple(pieces)


def _metre(shot: Snapshot) -> list[Line]:
    """The metre, the one that comes with the next bar, and the feel of what is played; then the
    same without the feel."""
    coming = f"▸ {shot.next_metre} " if shot.next_metre != shot.metre else ""
    metre: Line = ((f"{shot.metre} ", ink(TEXT, RAISED)), (coming, ink(WARN, RAISED, True)))
    return [(*metre, (f"{shot.feel} " if shot.feel else "", ink(DIM, RAISED))), metre]


def _harmony(shot: Snapshot, width: int) -> Line:
    return fitted(_harmony_fields(shot, width), width, ink(ground=SURFACE))


def _harmony_fields(shot: Snapshot, width: int) -> tuple[Field, ...]:
    wide, narrow = width >= WIDE, width < 78
    coming = f" ▸ {shot.pending_mode}" if shot.pending_mode else ""
    key = shot.key or "listening"
    pinned = " (fixed)" if shot.key_pinned else ""
    after = f"→ {clip(shot.next_chord, 8)}" if shot.next_chord else ""

    def titled(title: str, pieces: Line) -> tuple[Line, ...]:
        return ((f" {title} ", ink(FAINT, SURFACE)), *pieces), ((" ", ink(ground=SURFACE)), *pieces)

    style = _style_field(shot, 33 if wide else 16 if narrow else 24)
    mode = ((field(f"{shot.mode}{coming}", 17 if wide else 8 if narrow else 14),
             ink(TEXT, SURFACE)),)  # fmt: skip
    ears = shot.hearing
    key_sure = None if shot.key_pinned or ears.key != shot.key else ears.key_sure
    heard = ((field(f"{key}{pinned}", 17 if shot.key_pinned else 9), ink(ACCENT, SURFACE)),)
    chord_sure = ears.chord_sure if ears.chord == shot.chord else None
    chord = ((field(shot.chord or "-", 9 if wide else 6), ink(GOOD, SURFACE, True)),)
    filling: Line = ((" fill ", ink(GROUND, WARN, True)),)
    first = 0 if wide else 1
    return (
        Field(0, titled("style", style)[first:], action=Action.STYLES),
        Field(2, titled("mode", mode)[first:], action=Action.MODE),
        Field(1, titled("key", heard)[first:], action=Action.KEY),
        Field(7, ((_sure(key_sure),),), action=Action.KEY),
        Field(2, (*titled("chord", chord), chord), action=Action.CHART),
        Field(7, ((_sure(chord_sure),),), action=Action.CHART),
        Field(3, (((field(after, 9), ink(DIM, SURFACE)),),), action=Action.CHART),
        Field(6, tuple(_heard_by(shot))),
        Field(5, tuple(_energy(shot))),
        Field(2, tuple(_trial(shot)), right=True, action=Action.TRY_KEEP),
        Field(3, tuple(_switched(shot)), right=True),
        Field(1, (filling,) if shot.filling else (), right=True),
    )


_LEVELS = "▁▂▃▄▅▆▇█"
_HEARD_BY: dict[str, str] = {
    ListenMode.WHOLE: "all keys",
    ListenMode.LEFT: "left hand",
    ListenMode.MELODY: "melody",
}
"""The keys that chords are heard from, where the player has chosen them."""


def _level(share: float) -> str:
    """A share (0..1) as a bar of eight heights."""
    return _LEVELS[min(len(_LEVELS) - 1, int(share * len(_LEVELS)))]


def _sure(share: float | None, ground: str = SURFACE) -> Piece:
    """The height of a bar for how sure the ears are; a blank where they cannot say."""
    return ("  " if share is None else f"{_level(share)} "), ink(DIM, ground)


def _heard_by(shot: Snapshot) -> list[Line]:
    """The keys that chords are heard from, where the player has chosen them."""
    name = _HEARD_BY.get(shot.hearing.mode, "")
    return [((f"by {name} ", ink(FAINT, SURFACE)),)] if name else []


def _energy(shot: Snapshot) -> list[Line]:
    """The player's energy as a bar of eight heights."""
    if shot.energy is None:
        return []
    shown = (_level(shot.energy) * 2, ink(GOOD, SURFACE))
    return [((" energy ", ink(FAINT, SURFACE)), shown), ((" ", ink(ground=SURFACE)), shown)]


def _style_field(shot: Snapshot, width: int) -> Line:
    """The style in a field of fixed width, and the style from the next bar on."""
    name = shot.style or "no style"
    if not shot.pending_style:
        return ((field(name, width), ink(TEXT, SURFACE, True)),)
    room = width // 2 - 1
    mark = f" ▸ {shot.pending_style}"
    now = clip(name, room)
    return (
        (now, ink(DIM, SURFACE)),
        (field(mark, width - cell_len(now)), ink(WARN, SURFACE, True)),
    )


def ports(frame: Frame, width: int) -> Line:
    """Each port: a light that fades after a message, its role and its name; then the DAW."""
    shown = frame.snapshot.ports
    if not shown:
        text = " no MIDI ports: play on the letters of this keyboard, or press F3 for a tune"
        return ((clip(text, width), ink(DIM, GROUND)),)
    daws = daw_line.daw_lines(frame)
    least = sum(cell_len(port.role) + 5 for port in shown)
    right = next((daw for daw in daws if least + length(daw) < width), ())
    room = _name_room(shown, width - length(right))
    line: list[Piece] = []
    for port in shown:
        line += _port(port, frame.now, room)
    return spread(tuple(line), right, width, ink(ground=GROUND)) if right else tuple(line)


def _name_room(shown: Sequence[PortStatus], width: int) -> int:
    """Cells for each port's name: an equal share of those that the roles leave."""
    roles = sum(cell_len(port.role) + 5 for port in shown)
    named = sum(not _says_its_role(port) for port in shown)
    return max(0, (width - roles) // max(1, named))


def _says_its_role(port: PortStatus) -> bool:
    """True if the role is enough: a connected port of ours has the same name."""
    return port.connected and short_name(port.name).casefold() in (port.role, "")


def short_name(name: str) -> str:
    """A port's name without the product's name, which is on the screen already."""
    bare = name.removeprefix(PRODUCT).strip()
    return bare or name


def _port(port: PortStatus, now: float, room: int) -> list[Piece]:
    colour = ROLE_COLOURS.get(port.role, ACCENT)
    dot, text = ("●", DIM) if port.connected else ("○", FAINT)
    name = short_name(port.name)
    return [
        (f" {dot} ", light(port, now, colour)),
        (port.role, ink(colour if port.connected else FAINT, GROUND)),
        (" " + ("" if _says_its_role(port) else clip(name, room)), ink(text, GROUND)),
        (" ", ink(ground=GROUND)),
    ]


def light(port: PortStatus, now: float, colour: str) -> Style:
    """The port's light: white after a message, then fading to the colour of its role."""
    if not port.connected:
        return ink(BAD, GROUND)
    age = now - port.active if port.active else FADE
    share = max(0.0, 1.0 - age / FADE)
    step = round(share * _FADE_STEPS) / _FADE_STEPS
    return ink(mix(WHITE, mix(colour, GROUND, 0.45), step), GROUND)


def status(frame: Frame, width: int) -> Line:
    """The message of the moment to the left, figures to the right."""
    shot = frame.snapshot
    message = frame.notice
    colour = BAD if shot.worker is WorkerState.FAILED else TEXT
    counted, timing = _problems(shot), _timing(shot)
    figures: Line = (*counted, *timing)
    for fewer in (counted, ()):
        if cell_len(message) + length(figures) + 2 > width:
            figures = fewer
    room = width - length(figures) - 2
    left: Line = ((" " + clip(message, room), ink(colour, SURFACE)),)
    return spread(left, figures, width, ink(ground=SURFACE))


def problems(shot: Snapshot) -> tuple[int, ...]:
    """How often each kind of problem has occurred."""
    return tuple(getattr(shot.counters, attribute) for _, attribute in _PROBLEMS)


def _problems(shot: Snapshot) -> Line:
    pieces: list[Piece] = []
    for (name, _), count in zip(_PROBLEMS, problems(shot), strict=True):
        if count:
            pieces += [(f"{name} ", ink(FAINT, SURFACE)), (f"{count}  ", ink(WARN, SURFACE))]
    return tuple(pieces)


def _timing(shot: Snapshot) -> Line:
    return (
        ("notes late ", ink(FAINT, SURFACE)),
        (f"{shot.timing.late_p99_us / 1000:5.2f} ms", ink(DIM, SURFACE)),
        ("  model ", ink(FAINT, SURFACE)),
        (f"{shot.timing.model_ms:4.1f} ms ", ink(DIM, SURFACE)),
    )


def hints(frame: Frame, width: int) -> Line:
    """The keys of the hints that fit, the most used first."""
    pieces: list[Piece] = []
    for keys, meaning, _ in _hints_shown(frame, width):
        pieces += [(f" {keys} ", ink(TEXT, EDGE)), (f" {meaning} ", ink(DIM, GROUND))]
    return tuple(pieces)


def hint_action(frame: Frame, width: int, column: int) -> Action | None:
    """The action of the hint that is drawn at a column."""
    end = 0
    for keys, meaning, action in _hints_shown(frame, width):
        end += cell_len(keys) + cell_len(meaning) + 4
        if column < end:
            return action
    return None


def _hints_shown(frame: Frame, width: int) -> list[Hint]:
    shown: list[Hint] = []
    used = 0
    for keys, meaning, action in HINTS:
        meaning = "stop " if meaning == "start" and frame.snapshot.running else meaning
        size = cell_len(keys) + cell_len(meaning) + 4
        if used + size <= width:
            used += size
            shown.append((keys, meaning, action))
    return shown

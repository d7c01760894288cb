"""A player goes through every action: those of the catalog and the screen's own, by key, mouse or
palette, in the real program in tmux. After each the screen is compared with what the engine says
of itself by OSC."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import pytest

pytest.importorskip("pythonosc", reason="needs python-osc: pip install 'latent-bridge[osc]'")

from tmux_player import TmuxPlayer, has_tmux

from bridge.controllers.catalog import CATALOG, FAMILIES, control_range
from bridge.controllers.catalog_types import Needs, TargetKind
from bridge.controllers.memories import MEMORIES, Variation
from bridge.music.grid import METRES
from bridge.music.notes import Part
from bridge.ui.keymap import Action

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not has_tmux(), reason="needs tmux: apt-get install tmux"),
]
ARGUMENTS = ("play", "--in", "none", "--out", "none", "--no-sound", "--bpm", "120")
WHOLE = bool(os.environ.get("LATENT_BRIDGE_WHOLE"))
"""Go through all that the player can do: six minutes more."""
Script = Callable[[TmuxPlayer], None]
Name = TypeVar("Name", bound=str)
MUTE_KEYS = dict(zip(Part, "123", strict=True))
SOLO_KEYS = dict(zip(Part, ("M-x", "M-c", "M-v"), strict=True))


@pytest.fixture(scope="module")
def player(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TmuxPlayer]:
    player = TmuxPlayer(tmp_path_factory.mktemp("home"), ARGUMENTS)
    try:
        player.sees("model ready", patience=60.0)
        player.until(lambda: player.value("bpm") is not None, "the engine tells by OSC")
        yield player
    finally:
        player.close()


def some_of(scripts: Mapping[Name, Script]) -> list[Name]:
    """The names that are gone through: all with LATENT_BRIDGE_WHOLE, else a fourth."""
    return list(scripts)[:: 1 if WHOLE else 4]


# --- the ways of a player -----------------------------------------------------------------


def start(p: TmuxPlayer) -> None:
    """The band plays."""
    if not p.value("play"):
        p.keys("Space")
    p.tells("play", 1.0)
    p.sees("▶ playing")


def stop(p: TmuxPlayer) -> None:
    """The band does not play."""
    if p.value("play"):
        p.keys("Space")
    p.tells("play", 0.0)
    p.sees("■ stopped")


def shown_bpm(p: TmuxPlayer) -> float:
    """The tempo in the header."""
    found = re.search(r"(\d+\.\d) bpm", p.screen())
    assert found, p.screen()
    return float(found[1])


def tempo_agrees(p: TmuxPlayer) -> None:
    """The header shows the engine's tempo."""
    p.until(lambda: abs(shown_bpm(p) - float(p.value("bpm") or 0)) < 0.1, "two tempi")


def style_agrees(p: TmuxPlayer) -> None:
    """The header shows the engine's style, and none that waits."""
    p.until(lambda: re.search(rf"style {re.escape(str(p.value('style/now')))}\s", p.screen()),
            "two styles")  # fmt: skip


def says(p: TmuxPlayer, text: str) -> None:
    """The line at the bottom says this, or what the engine says."""
    p.until(lambda: any(each and each[:40] in p.screen() for each in (text, p.value("message"))),
            f"it says neither {text} nor the engine's message")  # fmt: skip


def key_of(*names: str) -> Script:
    return lambda p: p.keys(*names)


def command_of(words: str, title: str = "") -> Script:
    return lambda p: p.command(words, title)


def both(*scripts: Script) -> Script:
    def run(p: TmuxPlayer) -> None:
        for script in scripts:
            script(p)

    return run


def told(name: str, value: float | str) -> Script:
    return lambda p: p.tells(name, value)


def seen(*texts: str) -> Script:
    return lambda p: p.sees(*texts)


def choose(p: TmuxPlayer, name: str) -> None:
    """Choose a name in the list that is open, by its search."""
    p.sees("/ search")
    p.keys("/")
    p.sees("type to narrow")
    p.type(name)
    p.until(lambda: re.search(rf"[● ] {re.escape(name)}", p.screen()), f"no {name} in the list")
    p.keys("Enter")
    p.sees_no("type to narrow")


def close(p: TmuxPlayer) -> None:
    """Leave the dialog that is open."""
    p.keys("Escape")
    p.sees_no("esc ─")


def knob(name: str, value: float | None = None) -> Script:
    """Choose a knob by the palette and set it there to a number: the panel and the engine agree."""
    low, high, default = control_range(name)
    value = round(low + 0.75 * (high - low), 2) if value is None else value
    short = CATALOG.short_title(name)
    address = name.replace(":", "/").replace(" ", "_")
    plus = "+" if low < 0 else ""

    def run(p: TmuxPlayer) -> None:
        p.command(f"knob: {short}")
        p.command(f"knob: {short} {value:g}", f"knob: {short}: {value:g}")
        p.tells(address, (value - low) / (high - low))
        shown = re.escape(f"{value:{plus}.2f}")
        line = re.compile(rf"▸.*{re.escape(short[:12])}.*{shown}")
        p.until(lambda: line.search(p.screen()), f"the panel does not show {short} {value}")
        p.keys("BSpace")
        p.tells(address, (default - low) / (high - low))
        p.sees(f"{short}: back to {default:g}")

    return run


def switch(name: str, seen_on: str = "") -> Script:
    """Turn a switch on and off by the palette."""
    target = CATALOG.by_name[name]
    address = name.replace(" ", "_")

    def run(p: TmuxPlayer) -> None:
        for word, value in (("on", 1.0), ("off", 0.0)):
            p.command(f"{target.title}: {word}")
            p.tells(address, value)
            says(p, f"{target.title}: {word}")
            if seen_on:
                p.until(lambda value=value: (seen_on in header(p)) is bool(value), seen_on)

    return run


def header(p: TmuxPlayer) -> str:
    """The two lines at the top."""
    return "\n".join(p.screen().splitlines()[:2])


def variation(each: Variation) -> Script:
    def run(p: TmuxPlayer) -> None:
        start(p)
        number = 5 + list(Variation).index(each)
        other = Variation.A if each is not Variation.A else Variation.D
        p.click_text(f"[ {other} ]" if f"[ {other} ]" in p.screen() else f"[{other} ")
        p.tells("variation/now", other.value)
        p.keys(f"S-F{number}")
        p.until(lambda: f"variation {each}" in str(p.value("pending")), "nothing is pending")
        p.until(lambda: re.search(rf"\[{each} \d+\]", p.screen()), "the beats left are not shown")
        p.tells("variation/now", each.value)
        p.sees(f"[ {each} ]")

    return run


def passage(key: str, shown: str, name: str) -> Script:
    """An intro or a break: pending with its beats, then sounding."""

    def run(p: TmuxPlayer) -> None:
        start(p)
        p.keys(key)
        p.until(lambda: shown in str(p.value("pending")), f"no {shown} is pending")
        p.until(lambda: re.search(rf"\({shown} \d+\)", p.screen()), "the beats left are not shown")
        p.tells("passage", name)
        stop(p)

    return run


def hold_break(p: TmuxPlayer) -> None:
    start(p)
    p.keys("S-F11")
    p.tells("passage", "break")
    time.sleep(2.5)
    assert p.value("passage") == "break", "it is held"
    p.keys("S-F11")
    p.tells("passage", "")
    stop(p)


def ending(p: TmuxPlayer) -> None:
    start(p)
    p.keys("S-F12")
    p.tells("ending", 1.0)
    p.until(lambda: re.search(r"\(ending \d+\)", p.screen()), "the beats left are not shown")
    p.keys("S-F12")
    p.tells("ending", 0.0)
    p.until(lambda: "(ending)" in p.screen(), "it was taken back")
    p.click_text("(ending")
    p.tells("play", 0.0)
    p.sees("■ stopped")


def fill(p: TmuxPlayer) -> None:
    start(p)
    p.until(lambda: p.value("beat") == 1.0, "a bar begins")
    p.keys("F5")
    p.tells("fill", 1.0)
    p.tells("fill", 0.0)
    p.until(lambda: p.value("beat") == 1.0, "a bar begins")
    p.click_text("(fill)")
    p.tells("fill", 1.0)
    stop(p)


def memory(number: int) -> Script:
    """Store what plays, change it, and recall it by key and by mouse."""

    def run(p: TmuxPlayer) -> None:
        start(p)
        p.keys("M-s")
        p.tells("store_memory", 1.0)
        p.keys(f"C-F{4 + number}")
        p.tells("store_memory", 0.0)
        p.until(lambda: (p.home / ".config").exists() or list(p.home.rglob("*memor*")), "kept")
        stored = float(p.value("bpm") or 0)
        for recall in (lambda: p.keys(f"C-F{4 + number}"), lambda: p.click_text(f"<{number}")):
            p.command("tempo 133", "tempo: 133")
            p.tells("bpm", 133.0)
            recall()
            p.tells("bpm", stored)
            p.tells(f"memory/{number}", 1.0)
            tempo_agrees(p)

    return run


def store_memory(p: TmuxPlayer) -> None:
    p.keys("M-s")
    p.tells("store_memory", 1.0)
    p.keys("M-s")
    p.tells("store_memory", 0.0)
    p.click_text("<8", button=2)
    p.until(lambda: re.search(r"<8 \w", p.screen()) or len(list(p.home.rglob("*memor*"))),
            "the other mouse button stores")  # fmt: skip


def near_style(key: str) -> Script:
    def run(p: TmuxPlayer) -> None:
        before = p.value("style/now")
        stop(p)
        p.keys(key)
        p.until(lambda: p.value("style/now") != before, "the style changes at once at rest")
        style_agrees(p)
        start(p)
        now = p.value("style/now")
        p.keys(key)
        p.until(lambda: "style" in str(p.value("pending")), "pending while it plays")
        p.sees("▸")
        p.until(lambda: p.value("style/now") != now, "it comes with the next bar")
        style_agrees(p)
        stop(p)

    return run


def trial(key: str, then: str, kept: bool) -> Script:
    def run(p: TmuxPlayer) -> None:
        start(p)
        before = str(p.value("style/now"))
        p.keys(key)
        p.until(lambda: p.value("trial"), "a style is on trial")
        tried = str(p.value("trial"))
        p.sees("on trial")
        p.tells("style/now", tried)
        p.keys(then)
        p.tells("trial", "")
        p.tells("style/now", tried if kept else before)
        style_agrees(p)
        p.until(lambda: "on trial" not in header(p), "nothing is on trial")
        stop(p)

    return run


def mode(name: str) -> Script:
    def run(p: TmuxPlayer) -> None:
        stop(p)
        p.command(f"mode {name}")
        if name == "tap" and not p.value("mode/tap"):
            p.sees("tap")
            assert "tap2drum" in p.screen() or "model" in p.screen()
            return
        p.tells(f"mode/{name}", 1.0)
        p.until(lambda: re.search(rf"mode {name}", header(p)), "the header shows it")
        p.command("mode follow")
        p.tells("mode/follow", 1.0)

    return run


def metre(name: str) -> Script:
    address = f"metre/{name.replace('/', '_')}"

    def run(p: TmuxPlayer) -> None:
        stop(p)
        p.command(f"metre: {name}")
        p.tells(address, 1.0)
        p.until(lambda: f"bpm {name}" in header(p), "the header shows it")
        p.command("metre: 4/4")
        p.tells("metre/4_4", 1.0)

    return run


def next_metre(p: TmuxPlayer) -> None:
    start(p)
    p.keys("M-n")
    p.until(lambda: p.value("metre/now") != "4/4", "another metre")
    p.until(lambda: f"bpm {p.value('metre/now')}" in header(p), "the header shows it")
    stop(p)
    p.command("metre: 4/4")
    p.tells("metre/4_4", 1.0)


def hear(name: str, title: str, shown: str) -> Script:
    def run(p: TmuxPlayer) -> None:
        p.command(title)
        p.tells(f"hear/{name}", 1.0)
        says(p, title)
        if shown:
            p.until(lambda: f"by {shown}" in header(p), "the header shows it")

    return run


def bass(name: str) -> Script:
    title = CATALOG.by_name[f"bass:{name}"].title
    return both(command_of(title), lambda p: says(p, title), told(f"bass/{name}", 1.0))


def part_switch(part: Part, key: str, address: str, word: str) -> Script:
    """A switch of a part, on and off by its key; the part's line in the panel says ``word``."""

    def run(p: TmuxPlayer) -> None:
        for value in (1.0, 0.0):
            p.keys(key)
            p.tells(f"{address}_{part}", value)
            p.until(
                lambda value=value: bool(re.search(rf"{part} .*{word}", p.screen())) is bool(value),
                "the panel shows it",
            )

    return run


def mute(part: Part) -> Script:
    return part_switch(part, MUTE_KEYS[part], "mute", "muted")


def solo(part: Part) -> Script:
    return part_switch(part, SOLO_KEYS[part], "solo", "solo")


def volume(part: Part) -> Script:
    """By the mouse: a click on the bar of a part's volume."""
    name = f"volume {part}"

    def run(p: TmuxPlayer) -> None:
        p.command(f"knob: {CATALOG.short_title(name)}")
        column, row = p.place(f"{list(Part).index(part) + 1} {part}")
        p.click(column + 17, row)
        p.until(lambda: 0.0 < float(p.value(f"volume_{part}") or 0) < 1.0, "the click sets it")
        value = float(p.value(f"volume_{part}") or 0)
        p.until(lambda: f"{value:.2f}" in p.screen().splitlines()[row], "the panel agrees")
        p.keys("BSpace")
        p.tells(f"volume_{part}", 1.0)

    return run


def semitone(key: str, by: int) -> Script:
    def run(p: TmuxPlayer) -> None:
        p.keys(key)
        p.tells("transpose", 0.5 + by / 24)
        shown = re.compile(rf" \{by:+d}(\s|$)", re.MULTILINE)
        p.until(lambda: shown.search(header(p)), "the header shows it")
        p.keys("M-d" if by > 0 else "M-u")
        p.tells("transpose", 0.5)
        p.until(lambda: not shown.search(header(p)), "and no more")

    return run


def metronome(p: TmuxPlayer) -> None:
    p.keys("M-m")
    p.tells("metronome", 1.0)
    p.until(lambda: "click" in header(p), "the header shows it")
    p.keys("M-m")
    p.tells("metronome", 0.0)
    p.until(lambda: "click" not in header(p), "and no more")


def tap(p: TmuxPlayer) -> None:
    stop(p)
    for _ in range(5):
        p.keys("Enter")
        time.sleep(0.6)
    p.until(lambda: 80 < float(p.value("bpm") or 0) < 105, "five taps give a tempo")
    tempo_agrees(p)


def listen_tempo(p: TmuxPlayer) -> None:
    stop(p)
    for end in ("M-e", "Space"):
        p.keys("M-e")
        p.tells("listen_tempo", 1.0)
        p.sees("heard ?")
        p.keys(end)
        p.tells("listen_tempo", 0.0)
        p.sees_no("heard ?")
    stop(p)


def scaled(words: str, factor: float) -> Script:
    def run(p: TmuxPlayer) -> None:
        p.command("tempo 100", "tempo: 100")
        p.tells("bpm", 100.0)
        p.command(words)
        p.tells("bpm", 100.0 * factor)
        tempo_agrees(p)

    return run


def this_is_one(p: TmuxPlayer) -> None:
    p.command("tempo 40", "tempo: 40")
    start(p)
    p.until(lambda: p.value("beat") == 3.0, "the third beat", 10)
    p.keys("M-j")
    p.tells("beat", 1.0, patience=1.4)
    p.until(lambda: re.search(r"\d\.1 ", header(p)), "the header shows it")
    stop(p)
    p.command("tempo 120", "tempo: 120")
    p.tells("bpm", 120.0)


def walked(name: str, then: Script) -> Script:
    """While the band walks by itself, as knobs of walks need it."""

    def run(p: TmuxPlayer) -> None:
        p.keys("F9")
        p.sees("Let the band walk")
        choose(p, name)
        p.tells("walk/now", name)
        p.until(lambda: f"walk {name}" in header(p), "the header shows it")
        then(p)
        p.keys("F9")
        p.sees("Let the band walk")
        choose(p, "off")
        p.tells("walk/now", "")

    return run


def save_place(p: TmuxPlayer) -> None:
    p.command(CATALOG.by_name["save anchor"].title)
    p.until(lambda: p.value("anchor/place_1") is not None, "the engine has the place")
    p.keys("C-o")
    p.sees("place 1")
    close(p)


def morph(p: TmuxPlayer) -> None:
    for _ in range(2):
        p.command(CATALOG.by_name["save anchor"].title)
        time.sleep(0.3)
    p.keys("C-o")
    choose(p, "a knob between")
    choose(p, "place 1")
    choose(p, "place 2")
    p.until(lambda: p.value("morph") is not None, "the knob is there")
    knob("morph", 0.5)(p)


def undo_point(p: TmuxPlayer) -> None:
    p.command("knob: density 0.5", "knob: density: 0.5")
    p.tells("direction/density", 0.75)
    p.keys("C-z")
    p.tells("direction/density", 0.5)


def reset_point(p: TmuxPlayer) -> None:
    p.command("knob: density 0.5", "knob: density: 0.5")
    p.tells("direction/density", 0.75)
    p.command(CATALOG.by_name["reset point"].title)
    p.tells("direction/density", 0.5)


def drop_anchor(p: TmuxPlayer) -> None:
    start(p)
    p.until(lambda: float(p.value("bar") or 0) >= 2, "a bar has sounded")
    title = CATALOG.by_name["drop anchor"].title
    p.command(title)
    p.sees(str(p.value("message"))[:30])
    stop(p)


def idea(key: str) -> Script:
    def run(p: TmuxPlayer) -> None:
        p.keys("4")
        p.until(lambda: p.value("idea"), "an idea was drawn")
        p.until(lambda: str(p.value("idea")) in header(p), "the header names it")
        before = p.value("idea")
        p.keys(key)
        if key == "4":
            p.until(lambda: p.value("idea") != before, "another one")
            p.until(lambda: str(p.value("idea")) in header(p), "the header names it")
        elif key in "56":
            p.tells("message", f"{'A' if key == '5' else 'B'} is set")
            p.sees("is set")
            p.until(lambda: re.search(rf"{'A' if key == '5' else 'B'} ", header(p)), "marked")
        p.keys("8", "8", "8", "8", "8", "8")
        p.tells("idea", "")

    return run


def travel(p: TmuxPlayer) -> None:
    p.keys("4", "5")
    p.tells("message", "A is set")
    p.keys("4", "6")
    p.tells("message", "B is set")
    p.keys("7")
    p.until(lambda: "B to A" in str(p.value("idea")) or "A to B" in str(p.value("idea")), "goes")
    p.until(lambda: str(p.value("idea")) in header(p), "the header names it")
    back_to_following(p)


def back_to_following(p: TmuxPlayer) -> None:
    for _ in range(12):
        if p.value("idea"):
            p.keys("8")
            time.sleep(0.2)
    p.tells("idea", "")


def pathway(p: TmuxPlayer) -> None:
    p.command(CATALOG.by_name["pathway"].title)
    p.until(lambda: p.value("idea"), "it plays")
    p.until(lambda: str(p.value("idea")) in header(p), "the header names it")
    back_to_following(p)


def formed(then: Script) -> Script:
    """With a form that runs."""

    def run(p: TmuxPlayer) -> None:
        stop(p)
        p.keys("M-g")
        choose(p, "song")
        p.tells("form/song", 1.0)
        start(p)
        p.until(lambda: p.value("section/now"), "a section plays")
        p.until(lambda: str(p.value("section/now")) in header(p), "the header names it")
        then(p)
        stop(p)
        p.command("leave the form")
        p.tells("form/song", 0.0)

    return run


def start_form(p: TmuxPlayer) -> None:
    start(p)
    p.keys("M-g")
    choose(p, "arc")
    p.tells("form/waits", "arc")
    p.sees("arc alt+p starts it")
    p.keys("M-p")
    p.until(lambda: p.value("section/now"), "the form has begun")
    p.until(lambda: str(p.value("section/now")) in header(p), "the header names its section")
    p.keys("M-l")
    p.tells("section/now", "")
    stop(p)


def leave_form(p: TmuxPlayer) -> None:
    formed(lambda _: None)(p)


def section(key: str) -> Script:
    def run(p: TmuxPlayer) -> None:
        before = p.value("section/now")
        p.keys(key)
        p.until(lambda: "section" in str(p.value("pending")), "it is pending")
        p.until(lambda: "section" not in str(p.value("pending")), "it has begun")
        p.until(lambda: str(p.value("section/now")) in header(p), "the header names it")
        assert p.value("section/now") != before or key == "<"

    return formed(run)


def hold_section(p: TmuxPlayer) -> None:
    p.keys("=")
    p.until(lambda: "held" in header(p), "the header shows it")
    p.keys("=")
    p.until(lambda: "held" not in header(p), "and no more")


def clear_chords(p: TmuxPlayer) -> None:
    chart(p)
    p.command("free the chords")
    p.tells("chart", "")


def chart(p: TmuxPlayer) -> None:
    p.keys("F6")
    p.sees("Chords, one a bar")
    p.keys("C-u")
    p.type("Cfoo")
    p.keys("Enter")
    p.sees("Cfoo", "Chords, one a bar")
    p.keys("C-u")
    p.type("Am F C G")
    p.keys("Enter")
    p.tells("chart", "Am F C G")
    p.sees("chords: Am F C G")


def without_a_daw(name: str) -> Script:
    """There is none here: the screen says so, in the engine's words."""
    title = CATALOG.by_name[name].title

    def run(p: TmuxPlayer) -> None:
        p.keys("C-l")
        p.tells("message", "phrase cleared")
        p.command(title)
        p.until(lambda: "--daw" in str(p.value("message")), "the engine says what is missing")
        p.sees("--daw")

    return run


def capture(p: TmuxPlayer) -> None:
    start(p)
    p.keys("a", "s", "d")
    p.until(lambda: float(p.value("bar") or 0) >= 2, "a bar")
    p.keys("F8")
    p.until(lambda: list(p.home.rglob("*.mid")), "there is a MIDI file")
    (file, *_) = p.home.rglob("*.mid")
    assert file.read_bytes().startswith(b"MThd")
    p.sees(file.name[:12])
    stop(p)


def clear(p: TmuxPlayer) -> None:
    p.keys("C-l")
    p.tells("message", "phrase cleared")
    p.sees("forgotten")


def panic(p: TmuxPlayer) -> None:
    start(p)
    p.keys("!")
    p.tells("play", 0.0)
    p.tells("message", "panic: all notes off")
    p.sees("panic: all notes off", "■ stopped")


def take_style(p: TmuxPlayer) -> None:
    p.keys("M-y")
    p.until(lambda: "--listen" in str(p.value("message")) or "other" in str(p.value("message")),
            "the engine says what is missing")  # fmt: skip
    p.sees(str(p.value("message"))[:20])


# --- the catalog --------------------------------------------------------------------------

_WALK_OF = {
    Needs.WALK: "brownian",
    Needs.STEPPING_WALK: "brownian",
    Needs.APART_WALK: "apart",
    Needs.FIGURE_WALK: "orbit",
    Needs.LISSAJOUS_WALK: "lissajous",
    Needs.PRIOR_WALK: "prior",
    Needs.MIMIC_WALK: "mimic",
}


def _of_walk(name: str, needs: Needs) -> Script:
    value = 8.0 if name.startswith(("walk bars", "neuron")) else None
    return walked(_WALK_OF[needs], knob(name, value))


TARGETS: dict[str, Script] = {
    "tempo": both(command_of("tempo 97", "tempo: 97"), told("bpm", 97.0), tempo_agrees,
                  command_of("tempo 120", "tempo: 120"), told("bpm", 120.0)),
    "play": both(stop, start, stop),
    "start": both(stop, command_of("start"), told("play", 1.0), seen("▶ playing")),
    "stop": both(start, command_of("stop"), told("play", 0.0), seen("■ stopped")),
    "panic": panic,
    "tap": tap,
    "listen tempo": listen_tempo,
    "halve tempo": scaled("half the tempo", 0.5),
    "double tempo": scaled("twice the tempo", 2.0),
    "this is one": this_is_one,
    "follow tempo": switch("follow tempo"),
    **{name: knob(name) for name in ("temperature", "variation", "swing", "humanize",
                                     "follow energy", "fills", "metronome level", "glide")},
    "transpose": knob("transpose", 5.0),
    "transpose up": semitone("M-u", 1),
    "transpose down": semitone("M-d", -1),
    "next style": near_style("NPage"),
    "previous style": near_style("PPage"),
    "take style": take_style,
    **{f"mode:{name}": mode(name) for name in ("follow", "loop", "respond", "tap")},
    "next metre": next_metre,
    **{f"metre:{name}": metre(name) for name in METRES},
    "clear": clear,
    "capture": capture,
    **{f"variation:{each}": variation(each) for each in Variation},
    "fill": fill,
    "intro": passage("S-F9", "intro", "intro"),
    "break": passage("S-F10", "break", "break"),
    "hold break": hold_break,
    "break drums": switch("break drums", "drums in breaks"),
    "ending": ending,
    "count in": switch("count in", "count-in"),
    **{f"memory:{number}": memory(number) for number in range(1, MEMORIES + 1)},
    "store memory": store_memory,
    "try next style": trial("M-t", "M-k", kept=True),
    "try previous style": trial("M-r", "M-o", kept=False),
    "keep style": trial("M-r", "M-k", kept=True),
    "old style": trial("M-t", "M-o", kept=False),
    "hear:whole": hear("whole", "hear chords: whole keyboard", "all keys"),
    "hear:left": hear("left", "hear chords: left hand", "left hand"),
    "hear:melody": hear("melody", "hear chords: melody only", "melody"),
    "hear:auto": hear("auto", "hear chords: auto", ""),
    "hold chord": switch("hold chord"),
    **{f"bass:{name}": bass(name) for name in ("next-8th", "never", "at-once")},
    "lay out": switch("lay out"),
    **{f"volume {part}": volume(part) for part in Part},
    **{f"mute {part}": mute(part) for part in Part},
    **{f"solo {part}": solo(part) for part in Part},
    "metronome": metronome,
    "save anchor": save_place,
    "morph": morph,
    "reset point": reset_point,
    "undo point": undo_point,
    **{target.name: _of_walk(target.name, target.needs) for target in CATALOG.targets
       if target.needs in _WALK_OF and target.kind is TargetKind.CONTROL},
    "drop anchor": drop_anchor,
    "draw code": idea("4"),
    "set a": idea("5"),
    "set b": idea("6"),
    "travel": travel,
    "previous sample": idea("8"),
    "pathway": pathway,
    "start form": start_form,
    "leave form": leave_form,
    "next section": section(">"),
    "previous section": section("<"),
    "hold section": formed(hold_section),
    "clear chords": clear_chords,
    **{name: without_a_daw(name) for name in ("print", "print take", "print loop", "undo print")},
}  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_is_open(request: pytest.FixtureRequest) -> None:
    """Each script begins without a dialog, even after one that failed."""
    if "name" in request.fixturenames:
        player: TmuxPlayer = request.getfixturevalue("player")
        for _ in range(3):
            if "esc ─" in player.screen() or "🔎" in player.screen():
                player.keys("Escape")
                time.sleep(0.4)
        if abs(float(player.value("bpm") or 0) - 120) > 1:
            player.command("tempo 120", "tempo: 120")
            player.tells("bpm", 120.0)


@pytest.mark.parametrize("name", some_of(TARGETS))
def test_the_screen_says_what_the_engine_does(player: TmuxPlayer, name: str) -> None:
    TARGETS[name](player)


def test_every_target_of_the_catalog_has_a_script() -> None:
    assert set(TARGETS) == set(CATALOG.by_name)


# --- members of families -------------------------------------------------------------------


def named_style(p: TmuxPlayer) -> None:
    p.command("style: jazz")
    p.tells("style/jazz", 1.0)
    p.tells("style/now", "jazz")
    style_agrees(p)


def recalled_place(p: TmuxPlayer) -> None:
    save_place(p)
    p.command("place: place 1")
    p.tells("anchor/place_1", 1.0)


def named_section(p: TmuxPlayer) -> None:
    p.keys("F10")
    p.sees("Go to a section")
    p.keys("Down", "Enter")
    p.until(lambda: "section" in str(p.value("pending")), "it is pending")


FAMILY_SCRIPTS: dict[str, Script] = {
    "direction:random:SEED": both(
        key_of("C-k"), lambda p: choose(p, "direction of a seed 3"),
        seen("for  direction of a seed 3"), key_of("Escape"),
    ),
    "direction:NAME": knob("direction:density", 0.5),
    "neuron:NUMBER": both(
        key_of("C-k"), lambda p: choose(p, "inner knob 3"), seen("for  inner knob 3"),
        key_of("Escape"),
    ),
    "style:NUMBER": both(
        key_of("C-k"), lambda p: choose(p, "style axis 3"), seen("for  style axis 3"),
        key_of("Escape"),
    ),
    "style:NAME": named_style,
    "anchor:NAME": recalled_place,
    "section:NAME": formed(named_section),
    "form:NAME": both(stop, command_of("form: jungle"), told("form/jungle", 1.0),
                      command_of("leave the form"), told("form/jungle", 0.0)),
}  # fmt: skip


@pytest.mark.parametrize("name", some_of(FAMILY_SCRIPTS))
def test_members_of_families_are_reached(player: TmuxPlayer, name: str) -> None:
    FAMILY_SCRIPTS[name](player)


def test_every_family_of_the_catalog_has_a_script() -> None:
    assert set(FAMILY_SCRIPTS) == {family.pattern.name for family in FAMILIES}


# --- the screen's own actions ----------------------------------------------------------------


def page(key: str, title: str) -> Script:
    """A page or dialog that a key opens."""

    def run(p: TmuxPlayer) -> None:
        p.keys(key)
        p.sees(title)
        close(p)
        p.sees_no(title)

    return run


def one_bpm(key: str, by: int) -> Script:
    def run(p: TmuxPlayer) -> None:
        p.keys(key)
        p.tells("bpm", 120.0 + by)
        tempo_agrees(p)
        p.keys("-" if by > 0 else "+")
        p.tells("bpm", 120.0)

    return run


def picked(key: str, name: str, then: Script) -> Script:
    def run(p: TmuxPlayer) -> None:
        stop(p)
        p.keys(key)
        choose(p, name)
        then(p)

    return run


def tune(p: TmuxPlayer) -> None:
    p.keys("F3")
    p.sees("/ search")
    p.keys("Down", "Enter")
    p.until(lambda: p.value("tune"), "a tune plays")
    p.sees(f"tune {p.value('tune')}"[:14])
    stop(p)
    p.tells("tune", "")


def next_mode(p: TmuxPlayer) -> None:
    stop(p)
    p.keys("F4")
    p.tells("mode/loop", 1.0)
    p.until(lambda: "mode loop" in header(p), "the header shows it")
    p.command("mode follow")
    p.tells("mode/follow", 1.0)


def pinned_key(p: TmuxPlayer) -> None:
    p.keys("F7")
    choose(p, "F# minor")
    p.tells("key", "F# minor")
    p.sees("F# minor (fixed)")
    p.keys("F7")
    choose(p, "follow the player")
    p.sees_no("(fixed)")


def turned(key: str, sign: int) -> Script:
    """The arrows turn the knob that is chosen."""

    def run(p: TmuxPlayer) -> None:
        p.command("knob: swing 0.5", "knob: swing: 0.5")
        p.command("knob: swing")
        p.tells("swing", 0.5)
        p.keys(key)
        p.until(lambda: sign * (float(p.value("swing") or 0) - 0.5) > 0.005, "it turned")
        p.until(lambda: f"{float(p.value('swing') or 0):.2f}" in chosen(p), "the panel agrees")
        p.keys("BSpace")
        p.tells("swing", 0.0)

    return run


def chosen(p: TmuxPlayer) -> str:
    """The panel's line with the knob that is chosen."""
    return next((line for line in p.screen().splitlines() if "▸" in line[60:]), "")


def stepped(key: str, name: str) -> Script:
    def run(p: TmuxPlayer) -> None:
        p.command("knob: swing")
        p.until(lambda: "▸swing" in p.screen(), "it is chosen")
        p.keys(key)
        p.until(lambda: f"▸{name}" in p.screen(), f"{name} is chosen")

    return run


def piano(keys: tuple[str, ...], shown: str, back: tuple[str, ...], usual: str) -> Script:
    def run(p: TmuxPlayer) -> None:
        p.sees(usual)
        p.keys(*keys)
        p.sees(shown)
        p.keys(*back)
        p.sees(usual)

    return run


def map_and_back(p: TmuxPlayer) -> None:
    """The map by its key; a click on it sends the band there; Escape leads back."""
    p.keys("F11")
    p.sees("next bar")
    p.click(30, 15)
    p.sees("on the way to")
    p.keys("Escape")
    p.sees("NOW")


def zoomed(p: TmuxPlayer) -> None:
    """By key, and by the wheel over the roll."""
    before = p.screen().splitlines()[4]
    p.keys("C-Up")
    p.until(lambda: p.screen().splitlines()[4] != before, "another ruler")
    p.keys("C-Down")
    p.until(lambda: p.screen().splitlines()[4] == before, "and back")
    p.wheel(30, 15, up=True)
    p.until(lambda: p.screen().splitlines()[4] != before, "by the wheel")
    p.wheel(30, 15, up=False)
    p.until(lambda: p.screen().splitlines()[4] == before, "and back")


def sound(p: TmuxPlayer) -> None:
    p.keys("0")
    p.until(lambda: "sound" in str(p.value("message")), "the engine says why there is none")
    p.sees(str(p.value("message"))[:40])


OWN: dict[Action, Script] = {
    Action.FASTER: one_bpm("+", 1),
    Action.SLOWER: one_bpm("-", -1),
    Action.STYLES: picked("F2", "jazz", both(told("style/now", "jazz"), style_agrees)),
    Action.TUNES: tune,
    Action.MODELS: both(command_of("models to draw from"), seen("trio-4bar"), close),
    Action.MODE: next_mode,
    Action.KEY: pinned_key,
    Action.CHART: clear_chords,
    Action.TAKES: page("C-t", "Takes"),
    Action.WALK: walked("orbit", lambda _: None),
    Action.FORMS: leave_form,
    Action.SECTIONS: formed(named_section),
    Action.LEARN: page("C-k", "Learn a control for"),
    Action.POINTS: page("C-o", "Places"),
    Action.HISTORY: page("9", "Ideas that were played"),
    Action.SOUND: sound,
    Action.KNOB_BEFORE: stepped("Up", "change"),
    Action.KNOB_AFTER: stepped("Down", "humanize"),
    Action.KNOB_DOWN: turned("Left", -1),
    Action.KNOB_UP: turned("Right", 1),
    Action.KNOB_DOWN_FINE: turned("S-Left", -1),
    Action.KNOB_UP_FINE: turned("S-Right", 1),
    Action.KNOB_RESET: knob("fills", 1.0),
    Action.OCTAVE_DOWN: piano(("S-Down",), "C3-F4", ("S-Up",), "C4-F5"),
    Action.OCTAVE_UP: piano(("x",), "C5-F6", ("z",), "C4-F5"),
    Action.SOFTER: piano(("c",), "velocity   86", ("v",), "velocity   96"),
    Action.LOUDER: piano(("v",), "velocity  106", ("c",), "velocity   96"),
    Action.CHORDS: piano(("`",), "pedal     chords", ("`",), "one at a time"),
    Action.SUSTAIN: piano(("Tab",), "+ pedal", ("Tab",), "one at a time"),
    Action.SPACE: map_and_back,
    Action.SETTINGS: page("C-s", "Settings"),
    Action.BACK_ONE: map_and_back,
    Action.PALETTE: both(key_of(":"), seen("Search for commands"), key_of("Escape")),
    Action.ZOOM_IN: zoomed,
    Action.ZOOM_OUT: zoomed,
    Action.HELP: page("F1", "Help · The roll"),
}


@pytest.mark.parametrize("name", some_of(OWN))
def test_the_screens_own_actions_do_what_they_say(player: TmuxPlayer, name: Action) -> None:
    OWN[name](player)


def test_every_action_of_the_screen_has_a_script() -> None:
    """Quitting ends the player: test_first_minute.py."""
    assert set(OWN) | {Action.QUIT} == {action for action in Action if action not in TARGETS}


def test_notes_last_as_long_as_keys_and_mouse_button_are_down(player: TmuxPlayer) -> None:
    """By the sequences of the kitty protocol (press, repeat, release), plain keys and the mouse."""
    stop(player)
    player.raw("\x1b[?31u")  # the terminal's answer: it tells releases
    player.sees("as long as held")
    player.raw("\x1b[97;1:1;97u")
    player.sees("you  C4")
    player.raw("\x1b[97;1:2;97u")
    time.sleep(1.0)
    player.sees("you  C4")
    player.raw("\x1b[97;1:3u")
    player.until(lambda: "you  C4" not in player.screen(), "the key went up")
    column, row = player.place("▕  d  ▕")
    player.mouse_down(column + 3, row)
    player.sees("you  E4")
    player.mouse_up(column + 3, row)
    player.until(lambda: "you  E4" not in player.screen(), "the button came up")
    player.raw("\x1b[?1u")
    player.sees("one at a time")
    player.keys("f")
    player.sees("you  F4")
    player.until(lambda: "you  F4" not in player.screen(), "its time has passed")
    stop(player)

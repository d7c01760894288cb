"""The settings page: every setting with its value, its choices, and advice where one is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

import msgspec
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from bridge.midi.messages import note_name
from bridge.session.messages.setting_forms import MIDI_NOTE
from bridge.session.messages.settings_messages import (
    ChooseSetting,
    Chosen,
    ListSettings,
    LookAtLevel,
    SettingRow,
    SettingsList,
)
from bridge.ui.colours import ACCENT, BAD, DIM, FAINT, TEXT, WARN, WHITE, shade
from bridge.ui.dialogs.base import Dialog
from bridge.ui.dialogs.latency_box import LatencyBox
from bridge.ui.dialogs.meters import METER_CELLS, AudioLevel, Meter, note_meter
from bridge.ui.dialogs.number_prompt import ask_value, begins_number, is_number
from bridge.ui.dialogs.picker import Picker
from bridge.ui.host import Host

KEYS: Final = "↑ ↓ · ← → change · 0-9 type · enter choose · esc"
LOOK_SECONDS: Final = 0.1
"""Seconds between looks for the engine's answer."""
OFFSETS: Final = "offsets_ms."
"""Settings that Enter opens the box with the click for."""
STEPS: Final = 20
"""Steps that a range is walked in."""
WAITING: Final = "looking at the devices ..."
METERED: Final = {"ports.in": "in", "ports.melody": "melody", "ports.bass": "bass",
                  "ports.drums": "drums"}  # fmt: skip
"""The role of the port whose level is shown beside a setting, by the setting's key."""
SOUND_KEY, SOUND_ROLE = "sound.play", "sound"
"""The setting beside which the level of the program's own sound is shown, and its role."""
LEVEL_REQUEST_SECONDS: Final = 1.0
"""Seconds between two requests for levels."""


class SettingsPage(Dialog[None]):
    """All settings, as the engine lists them. Escape closes the page."""

    TOPIC: ClassVar[str] = "Settings"

    def __init__(self, host: Host, key: str = "") -> None:
        super().__init__()
        self._host, self._key = host, key
        self._listing: SettingsList | None = None
        self._lines: list[SettingRow | None] = []
        self._levels: dict[str, Meter] = {}
        self._sound = AudioLevel()

    def compose(self) -> ComposeResult:
        """A box with the list, and lines for the advice to the chosen setting."""
        with Vertical(id="box") as box:
            box.border_title = "Settings"
            box.border_subtitle = KEYS
            yield OptionList(id="names")
            yield Static(WAITING, id="advice", markup=False)

    def on_mount(self) -> None:
        """Ask the engine for the list, and wait for it."""
        self._host.post(ListSettings())
        self.query_one(OptionList).focus()
        self.set_interval(LOOK_SECONDS, self._look)
        self.set_interval(LEVEL_REQUEST_SECONDS, self._ask_level)
        self._ask_level()
        self._look()

    def _ask_level(self) -> None:
        """Have the level of the sound reported often while the page is open."""
        self._host.post(LookAtLevel())

    def _look(self) -> None:
        """Take a list that has come."""
        listing = self._host.listing(SettingsList)
        if listing is None or listing is self._listing:
            self._show_levels()
            return
        chosen = self._chosen()
        key = chosen.key if chosen is not None else self._key
        self._listing = listing
        self._lines = _with_headings(listing.rows)
        names = self.query_one(OptionList)
        names.clear_options()
        self._levels = self._levels_now()
        names.add_options(_options(self._lines, _title_width(listing.rows), self._levels))
        keys = [row.key if row else "" for row in self._lines]
        first = next((at for at, row in enumerate(self._lines) if isinstance(row, SettingRow)), 0)
        names.highlighted = keys.index(key) if key and key in keys else first
        self._advise()

    def _show_levels(self) -> None:
        """Draw the meters that have moved."""
        before, self._levels = self._levels, self._levels_now()
        if self._listing is None or before == self._levels:
            return
        names, width = self.query_one(OptionList), _title_width(self._listing.rows)
        for at, row in enumerate(self._lines):
            level = self._levels.get(row.key) if row is not None else None
            if row is not None and level != before.get(row.key):
                names.replace_option_prompt_at_index(at, _line(row, width, level))

    def _levels_now(self) -> dict[str, Meter]:
        """The meter of each port and of the sound, by the key of its setting; none without the
        port."""
        now = self._host.clock()
        ports = {port.role: port for port in self._host.newest.ports if port.connected}
        found = {
            key: note_meter(ports[role], now) for key, role in METERED.items() if role in ports
        }
        if SOUND_ROLE in ports:
            self._sound = self._sound.heard(ports[SOUND_ROLE].peak, now)
            found[SOUND_KEY] = self._sound.meter()
        return found

    def _chosen(self) -> SettingRow | None:
        at = self.query_one(OptionList).highlighted
        return self._lines[at] if at is not None and at < len(self._lines) else None

    def on_option_list_option_highlighted(self) -> None:
        """Show the advice to the setting that is moved to."""
        self._advise()

    def on_option_list_option_selected(self) -> None:
        """Open the choices of the setting, or a field for it."""
        row = self._chosen()
        if row is None:
            return
        if row.key.startswith(OFFSETS):
            self._host.open(LatencyBox(self._host, row))
        elif row.choices:
            names = {_shown(row, choice): choice for choice in row.choices}

            def picked(name: str | None) -> None:
                if name is not None:
                    self._set(row, names[name])

            self._host.open(Picker(row.title, tuple(names), _shown(row, row.value)), picked)
        else:
            self._type(row)

    def _type(self, row: SettingRow, text: str | None = None) -> None:
        """Open a field for the setting's value."""
        ask_value(self._host, row, lambda value: self._set(row, value), text)

    def on_key(self, event: events.Key) -> None:
        """Change the setting, or close the page."""
        row = self._chosen()
        if event.key == "escape":
            self.leave()
        elif event.key in ("left", "right") and row is not None:
            self._step(row, 1 if event.key == "right" else -1)
        elif row is not None and is_number(row) and (digit := begins_number(event)):
            self._type(row, digit)
        else:
            return
        event.stop()
        event.prevent_default()

    def _step(self, row: SettingRow, by: int) -> None:
        """The next of the choices, or a step of the range."""
        if row.choices:
            at = row.choices.index(row.value) if row.value in row.choices else -by
            self._set(row, row.choices[(at + by) % len(row.choices)])
        elif row.high > row.low and not isinstance(row.value, str):
            step = row.step or max(1.0, round((row.high - row.low) / STEPS))
            value = min(row.high, max(row.low, float(row.value) + by * step))
            self._set(row, int(value) if isinstance(row.value, int) else value)

    def _set(self, row: SettingRow, value: Chosen) -> None:
        """Send a choice; the next step goes on from it before the engine has answered."""
        if row in self._lines:
            self._lines[self._lines.index(row)] = msgspec.structs.replace(row, value=value)
        self._host.post(ChooseSetting(row.key, value))

    def _advise(self) -> None:
        row = self._chosen()
        text = Text()
        if self._listing is not None and self._listing.message:
            text.append(f"{self._listing.message}\n", shade(WARN))
        if row is not None and row.advice:
            text.append(row.advice, shade(BAD if row.wrong else DIM))
        if row is not None and row.later:
            text.append(f"{' · ' if row.advice else ''}from the next start on", shade(FAINT))
        self.query_one("#advice", Static).update(text)


def _with_headings(rows: tuple[SettingRow, ...]) -> list[SettingRow | None]:
    """The rows, and None for the heading above each group."""
    lines: list[SettingRow | None] = []
    group = ""
    for row in rows:
        if row.group != group:
            group = row.group
            lines.append(None)
        lines.append(row)
    return lines


def _title_width(rows: tuple[SettingRow, ...]) -> int:
    return max((len(row.title) for row in rows), default=0)


def _options(
    lines: list[SettingRow | None], width: int, levels: Mapping[str, Meter]
) -> list[Option]:
    out = []
    for at, row in enumerate(lines):
        after = lines[at + 1] if at + 1 < len(lines) else None
        if row is not None:
            out.append(Option(_line(row, width, levels.get(row.key))))
        elif after is not None:
            out.append(Option(Text(after.group, f"bold {shade(WHITE)}"), disabled=True))
    return out


def _line(row: SettingRow, width: int, level: Meter | None) -> Text:
    """A setting's line with its meter (None: it has none)."""
    line = Text("! " if row.wrong else "  ", shade(BAD), no_wrap=True, overflow="ellipsis")
    line.append(f"{row.title:<{width}}  ", shade(DIM))
    if level is not None:
        line.append("▮" * level.cells, shade(WARN if level.clipped else ACCENT))
        line.append("▯" * (METER_CELLS - level.cells) + "  ", shade(FAINT))
    line.append(_shown(row, row.value), shade(ACCENT if row.choices else TEXT))
    line.append(f" {row.unit}" if row.unit not in ("", MIDI_NOTE) else "", shade(FAINT))
    if level is not None and level.said:
        line.append(f"  {level.said:>6}", shade(DIM))
        line.append(" too loud" if level.clipped else "", shade(WARN))
    return line


def _shown(row: SettingRow, value: Chosen) -> str:
    """A value of a setting as people read it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if row.unit == MIDI_NOTE:
        return f"{note_name(int(value))} · {MIDI_NOTE} {value}" if value else "none"
    return f"{value:g}" if isinstance(value, float) else str(value) or row.blank

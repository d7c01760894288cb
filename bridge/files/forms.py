"""Form files: the sections of a piece and their order (docs/forms.md).

Read strictly: every error has its file, its line and the nearest name. Sections may inherit from
others (``like``) and groups may hold groups; a cycle is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NoReturn

import msgspec
import platformdirs
from msgspec import Meta

from bridge.errors import BridgeError, ConfigError, NameUnknown
from bridge.music.chords import ordinal, parse_chord
from bridge.music.grid import metre_named
from bridge.music.key import Key
from bridge.music.notes import Part
from bridge.music.song_form import FIBONACCI, WRITTEN, Section, SongForm
from bridge.system.resources import shipped_folder
from bridge.system.streams import is_stream
from bridge.system.strict_yaml import line_of, read_yaml_as
from bridge.timing.tempo import BPM_MAX, BPM_MIN

LONGEST_ORDER: Final = 200
"""Greatest number of sections in a piece; nested groups grow quickly."""
PARTS: Final = tuple(part.value for part in Part)

_Share = Annotated[float, Meta(ge=0, le=1)]
_Knob = Annotated[float, Meta(ge=-1, le=1)]


class _SectionLines(msgspec.Struct, frozen=True):
    """One entry of ``sections``; absent values are those of the section it is like."""

    like: str | None = None
    bars: Annotated[int, Meta(ge=1, le=256)] | None = None
    style: str | None = None
    knobs: dict[str, _Knob] | None = None
    parts: tuple[str, ...] | None = None
    chords: str | None = None
    wander: _Share | None = None
    variation: _Share | None = None
    travel: Annotated[int, Meta(ge=0, le=64)] | None = None
    fill: bool | None = None
    close: bool | None = None
    place: str | None = None


class _FormFile(msgspec.Struct, frozen=True):
    sections: dict[str, _SectionLines]
    order: tuple[str, ...]
    name: str = ""
    about: str = ""
    tempo: float | tuple[float, float] = 120.0  # no Meta: msgspec 0.22 crashes on it in a union
    keys: tuple[str, ...] = ()
    style: str = ""
    lengths: Literal["written", "fibonacci"] = "written"
    metre: str = ""
    groups: dict[str, tuple[str, ...]] = {}
    choose: dict[str, tuple[_Knob, _Knob]] = {}
    enter: dict[str, Annotated[int, Meta(ge=1)]] = {}


# --- places -------------------------------------------------------------------------------


def forms() -> dict[str, Path]:
    """Every form by name: the shipped ones; the user's own replace those of the same name."""
    return _files(shipped_folder("forms")) | _files(user_folder())


def user_folder() -> Path:
    """The folder of the user's own forms; it need not exist."""
    return Path(platformdirs.user_config_dir("latent-bridge")) / "forms"


def _files(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def find_form(name: str) -> Path:
    """The file of a form, given by its path or its name. NameUnknown otherwise."""
    path = Path(name).expanduser()
    if path.is_file() or is_stream(path):
        return path
    known = forms()
    if name not in known:
        raise NameUnknown("form", name, known, "(or give the path of your own)")
    return known[name]


# --- reading ------------------------------------------------------------------------------


def read_form(path: Path) -> SongForm:
    """The form in a file. ConfigError, as ``file:line: ...``, for the first error."""
    file = read_yaml_as(path, _FormFile)
    return _Reader(path, file).structure()


class _Reader:
    """Makes a form of a file whose types are right; errors have their lines."""

    def __init__(self, path: Path, file: _FormFile) -> None:
        self.path, self.file = path, file

    def structure(self) -> SongForm:
        file = self.file
        if not file.sections:
            self._fail("a form needs a section", "sections")
        if both := sorted(set(file.sections) & set(file.groups)):
            self._fail(f"{both[0]!r} is a section already: choose another name", "groups", both[0])
        sections = {name: self._section(name) for name in file.sections}
        for name in file.groups:  # a cycle is an error even in a group that is not used
            list(self._flat((name,), ("groups", name), ()))
        order = tuple(self._flat(file.order, ("order",), ()))
        if not order:
            self._fail("the order is empty: name a section", "order")
        low, high = file.tempo if isinstance(file.tempo, tuple) else (file.tempo, file.tempo)
        if not BPM_MIN <= low <= high <= BPM_MAX:
            limits = f"{BPM_MIN:g} to {BPM_MAX:g}"
            self._fail(f"tempo: give BPM within {limits}, the lower first", "tempo")
        for knob, ends in file.choose.items():
            if ends[0] > ends[1]:
                self._fail(f"{knob!r} goes down: turn it round", "choose", knob)
        if file.metre:
            self._checked(lambda: metre_named(file.metre), "metre")
        for index, key in enumerate(file.keys):
            self._checked(lambda key=key: Key.parse(key), "keys", index)
        return SongForm(
            name=file.name or self.path.stem,
            sections=sections,
            order=order,
            about=file.about,
            tempo=(low, high),
            keys=file.keys,
            style=file.style,
            lengths={"fibonacci": FIBONACCI, "written": WRITTEN}[file.lengths],
            metre=file.metre,
            choices=file.choose,
            enter={self._part(p, "enter", p): bar for p, bar in file.enter.items()},
        )

    def _fail(self, text: str, *keys: str | int) -> NoReturn:
        raise ConfigError(f"{self.path}:{line_of(self.path, *keys)}: {text}")

    def _checked(self, make: Any, *keys: str | int) -> None:
        try:
            make()
        except (BridgeError, ValueError) as exc:
            self._fail(str(exc), *keys)

    # --- sections -----------------------------------------------------------------------

    def _section(self, name: str) -> Section:
        inherited = self._inherited(name, ())
        place = ("sections", name)
        values: dict[str, Any] = {
            k: v for k, v in inherited.items() if v is not None and k != "like"
        }
        if "parts" in values:
            values["parts"] = tuple(
                self._part(p, *place, "parts", i) for i, p in enumerate(values["parts"])
            )
        if "chords" in values:
            values["chords"] = tuple(values["chords"].split())
            for number, chord in enumerate(values["chords"], 1):
                where = f"the {ordinal(number)} of the line"
                self._checked(lambda c=chord, w=where: parse_chord(c, w), *place, "chords")
        return Section(name, **values)

    def _inherited(self, name: str, before: tuple[str, ...]) -> dict[str, Any]:
        """The values of a section, over those of the section that it is like."""
        if name in before:
            self._circle((*before, name), "sections", before[-1], "like")
        lines = self.file.sections[name]
        own = msgspec.structs.asdict(lines)
        if lines.like is None:
            return own
        if lines.like not in self.file.sections:
            unknown = NameUnknown("section", lines.like, self.file.sections)
            self._fail(str(unknown), "sections", name, "like")
        base = self._inherited(lines.like, (*before, name))
        base["place"] = base["place"] or lines.like
        return base | {key: value for key, value in own.items() if value is not None}

    def _part(self, name: str, *keys: str | int) -> Part:
        if name not in PARTS:
            self._fail(str(NameUnknown("part", name, PARTS)), *keys)
        return Part(name)

    # --- order --------------------------------------------------------------------------

    def _flat(
        self, names: Sequence[str], keys: tuple[str | int, ...], before: tuple[str, ...]
    ) -> Iterator[str]:
        """Names of sections, with groups replaced by theirs. ``keys`` locate errors in the file."""
        count = 0
        known: Mapping[str, object] = {**self.file.sections, **self.file.groups}
        for index, name in enumerate(names):
            if name not in known:
                self._fail(str(NameUnknown("section", name, known)), *keys, index)
            if name in self.file.groups:
                if name in before:
                    self._circle((*before, name), *keys, index)
                inner = self._flat(self.file.groups[name], ("groups", name), (*before, name))
            else:
                inner = iter((name,))
            for each in inner:
                count += 1
                if count > LONGEST_ORDER:
                    self._fail(f"more than {LONGEST_ORDER} sections in a row: use fewer", *keys)
                yield each

    def _circle(self, names: tuple[str, ...], *keys: str | int) -> NoReturn:
        way = " -> ".join(names[names.index(names[-1]) :])
        self._fail(f"{names[-1]!r} leads back to itself ({way}): break the circle", *keys)

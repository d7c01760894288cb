"""Settings and mappings: what is read, and how what is wrong is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.cli import main
from bridge.controllers import mapping_file
from bridge.controllers.bindings import Coding, ControlState, Move, Takeover
from bridge.controllers.catalog import CATALOG
from bridge.controllers.control_sources import SourceKind
from bridge.controllers.mapping_file import read_mapping, shipped_mappings
from bridge.controllers.targets import check_target
from bridge.errors import ConfigError, NameUnknown
from bridge.files import settings as config
from bridge.files.settings import (
    OFFSETS,
    ArrangerSettings,
    MetronomeSettings,
    Settings,
    read_settings,
)


def written(tmp_path: Path, text: str, name: str = "settings.yaml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


# --- settings -----------------------------------------------------------------------------


def test_no_file_at_all_gives_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "settings_path", lambda: tmp_path / "none.yaml")
    assert read_settings() == Settings()


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    assert read_settings(written(tmp_path, "# nothing yet\n")) == Settings()


def test_a_file_that_was_asked_for_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        read_settings(tmp_path / "none.yaml")


def test_every_key_is_read_and_the_rest_keeps_its_default(tmp_path: Path) -> None:
    settings = read_settings(
        written(
            tmp_path,
            """
bpm: 96
style: bossa
mode: loop
model: mine
ports: {in: MPK mini, drums: none}
channels: {bass: 3}
drum_map: tr-8s
offsets_ms: {drums: -12.5, clock: 3}
look_ahead_ms: 200
count_in_bars: 1
start: now
thru: off
loop_bars: 8
respond_bars: 4
mapping: generic-keyboard
glide: 4
glide_by: bar
clock: Ableton
clock_out: [TR-8S, virtual]
minimum_gap_ms: 1.5
one_port: true
arranger: {variation: C, phrase_bars: 8, break_drums: true}
metronome: {play: true, port: virtual, channel: 4}
""",
        )
    )
    assert settings == Settings(
        bpm=96.0,
        style="bossa",
        mode="loop",
        model="mine",
        ports={"in": "MPK mini", "melody": "virtual", "drums": "none", "bass": "virtual"},
        channels={"melody": 1, "bass": 3, "drums": 10},
        drum_map="tr-8s",
        offsets_ms=dict.fromkeys(OFFSETS, 0.0) | {"drums": -12.5, "clock": 3.0},
        look_ahead_ms=200.0,
        count_in_bars=1,
        start="now",
        thru="off",
        loop_bars=8,
        respond_bars=4,
        mapping=str(shipped_mappings()["generic-keyboard"]),
        glide=4.0,
        glide_by="bar",
        clock="Ableton",
        clock_out=("TR-8S", "virtual"),
        minimum_gap_ms=1.5,
        one_port=True,
        arranger=ArrangerSettings(variation="C", phrase_bars=8, break_drums=True),
        metronome=MetronomeSettings(play=True, port="virtual", channel=4),
    )


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("bpm: 100\nstlye: rock", 2, "'style'"),
        ("bpm: 700", 1, "300"),
        ("bpm: fast", 1, "bpm"),
        ("channels:\n  bass: 2\n  drums: 17", 3, "16"),
        ("channels:\n  drumz: 10", 2, "'drums'"),
        ("ports: {inn: a}", 1, "'in'"),
        ("mode: folow", 1, "mode: Invalid enum value 'folow': did you mean 'follow'?"),
        ("minimum_gap_ms: 11", 1, "10"),
        ("thru: maybe", 1, "choose one of: off, keys, all"),
        ("bpm: 100\ndrum_map: gmm", 2, "'gm'"),
        ("\n\nmapping: generic-keybord", 3, "'generic-keyboard'"),
        ("count_in_bars: 3", 1, "2"),
        ("arranger:\n  variation: E", 2, "choose one of: A, B, C, D"),
        ("arranger: {phrase_bars: 3}", 1, "phrase_bars"),
        ("metronome:\n  channel: 17", 2, "16"),
        ("bpm: 100\nbpm: 101", 2, "already on line 1"),
        ("bpm: [", 1, "YAML"),
    ],
)
def test_what_is_wrong_is_told_with_file_line_and_the_nearest_name(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        read_settings(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert words in str(caught.value)


def test_everything_that_is_wrong_is_told_at_once_in_the_files_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Types, ranges, keys and names alike, each on its line; and so they reach the terminal."""
    text = "drum_map: gmm\nmode: folow\ntempoo: 3\nbpm: 1000\n"
    text += "mapping: generic-keybord\nchords: Am X\n"
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        read_settings(path)
    told = caught.value.problems
    assert [line.removeprefix(f"{path}:").split(":")[0] for line in told] == list("123456")
    words = ("'gm'", "'follow'", "'tempoo'", "300", "'generic-keyboard'", "X")
    assert all(word in line for word, line in zip(words, told, strict=True))
    path.write_text(text + "style: rok\nmodel: fakee\n", encoding="utf-8")
    assert main(["play", "--headless", "--model", "fake", "--settings", str(path)]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[:6] == [f"latent-bridge: {line}" for line in told]
    assert said[6:] == [f"latent-bridge: {path}:7: no style named 'rok': did you mean 'rock'? "
                        "(see: latent-bridge styles)"]  # fmt: skip
    path.write_text("style: rok\nmodel: trio-4bra\n", encoding="utf-8")
    assert main(["play", "--headless", "--settings", str(path)]) == 2
    said = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[1] for line in said] == [f"{path}:2"]
    assert "did you mean 'trio-4bar'?" in said[0]


def test_a_mapping_beside_the_settings_is_found(tmp_path: Path) -> None:
    mine = written(tmp_path, "bindings: []", "mine.yaml")
    assert read_settings(written(tmp_path, "mapping: mine.yaml")).mapping == str(mine)


# --- mappings -----------------------------------------------------------------------------


def mapping(tmp_path: Path, text: str) -> mapping_file.Mapping:
    return read_mapping(written(tmp_path, text, "mapping.yaml"))


def test_a_former_name_of_a_target_is_read_as_the_present_one_with_a_hint(tmp_path: Path) -> None:
    text = "bindings:\n  - cc: 20-21\n    targets:\n      - fill\n      - back\n"
    found = mapping(tmp_path, text)
    assert [binding.target for binding in found.bindings] == ["fill", "previous sample"]
    assert [binding.coding for binding in found.bindings] == [Coding.MOMENTARY] * 2
    (hint,) = found.hints
    assert hint.endswith("mapping.yaml:5: the target 'back' is called 'previous sample' now")


def test_a_mapping_with_present_names_only_has_no_hints(tmp_path: Path) -> None:
    assert mapping(tmp_path, "bindings: [{cc: 20, target: previous sample}]").hints == ()
    assert not any(read_mapping(path).hints for path in shipped_mappings().values())


@pytest.mark.parametrize("name", sorted(shipped_mappings()))
def test_every_shipped_mapping_is_read_and_binds_something(name: str) -> None:
    found = read_mapping(Path(name))
    assert found.bindings
    sources = [(b.kind, b.number, b.channel) for b in found.bindings]
    assert len(set(sources)) == len(sources), "no control is bound twice"


def test_the_mpk_minis_first_pad_starts_and_its_eighth_knob_is_the_drums() -> None:
    found = read_mapping(Path("akai-mpk-mini-mk3"))
    assert found.fits("MPK mini 3:MPK mini 3 MIDI 1 20:0")
    state = ControlState(found.bindings).at("volume drums", 0.5)
    state, made, taken = state.feed(b"\x99\x24\x05", "MPK mini 3")
    assert (made, taken) == ([Move("start", 1.0)], True)
    _, made, _ = state.feed(b"\xb0\x4d\x40", "MPK mini 3")
    assert [move.target for move in made] == ["volume drums"]


def test_a_range_of_controls_is_one_binding_each(tmp_path: Path) -> None:
    bindings = mapping(
        tmp_path,
        """
bindings:
  - cc: 70-72
    channel: 3
    targets: [swing, humanize, "direction:busier"]
    takeover: scale
    low: 0.1
""",
    ).bindings
    assert [(b.number, b.target) for b in bindings] == [
        (70, "swing"),
        (71, "humanize"),
        (72, "direction:busier"),
    ]
    assert {b.channel for b in bindings} == {2}
    assert {(b.takeover, b.low) for b in bindings} == {(Takeover.SCALE, 0.1)}


@pytest.mark.parametrize(
    ("source", "kind", "number"),
    [
        ("cc: 1", SourceKind.CC, 1),
        ("note: 36", SourceKind.NOTE, 36),
        ("program: 5", SourceKind.PROGRAM, 5),
        ("bend: true", SourceKind.BEND, None),
        ("pressure: true", SourceKind.PRESSURE, None),
        ("cc14: 7", SourceKind.CC14, 7),
        ("nrpn: 1000", SourceKind.NRPN, 1000),
        ("rpn: 0", SourceKind.RPN, 0),
        ("key_pressure: 36", SourceKind.KEY_PRESSURE, 36),
    ],
)
def test_each_kind_of_source_can_be_bound(
    tmp_path: Path, source: str, kind: SourceKind, number: int | None
) -> None:
    (binding,) = mapping(tmp_path, f"bindings:\n  - {{{source}, target: swing}}").bindings
    assert (binding.kind, binding.number) == (kind, number)


def test_actions_and_pads_are_presses_and_knobs_are_absolute(tmp_path: Path) -> None:
    lines = "[{cc: 20, target: fill}, {note: 36, target: swing}, {cc: 21, target: swing}]"
    codings = [b.coding for b in mapping(tmp_path, f"bindings: {lines}").bindings]
    assert codings == [Coding.MOMENTARY, Coding.MOMENTARY, Coding.ABSOLUTE]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{cc: 1, target: swinng}", "'swing'"),
        ("{cc: 1, targt: swing}", "'target'"),
        ("{cc: 1}", "1 control(s) for 0 target(s)"),
        ("{cc: 70-77, targets: [swing]}", "8 control(s) for 1 target(s)"),
        ("{target: swing}", "give one source"),
        ("{cc: 1, note: 2, target: swing}", "give one source"),
        ("{cc: 128, target: swing}", "0 to 127"),
        ("{cc: 77-70, target: swing}", "rise"),
        ("{cc: knob, target: swing}", "range such as 70-77"),
        ("{cc: 123, target: swing}", "no knob"),
        ("{cc14: 6, target: swing}", "no knob"),
        ("{cc14: 32, target: swing}", "0 to 31"),
        ("{nrpn: 16383, target: swing}", "0 to 16382"),
        ("{nrpn: 5, target: swing, coding: signed bit}", "14 bits"),
        ("{cc: 1, target: swing, steps: 1}", "steps"),
        ("{cc: 1, target: mute drumz}", "'mute drums'"),
        ("{cc: 1, channel: 0, target: swing}", "channel"),
        ("{cc: 1, target: fill, coding: toggle}", "leave `coding` out"),
        ("{cc: 1, target: swing, coding: sideways}", "coding"),
        ("{cc: 1, target: 'direction:'}", "direction:NAME"),
    ],
)
def test_a_wrong_binding_is_told_with_its_line(tmp_path: Path, entry: str, words: str) -> None:
    text = f"name: mine\nbindings:\n  - {{cc: 2, target: swing}}\n  - {entry}\n"
    with pytest.raises(ConfigError) as caught:
        mapping(tmp_path, text)
    assert "mapping.yaml:4: " in str(caught.value)
    assert words in str(caught.value)


def test_many_controls_can_be_listed_and_counted_through(tmp_path: Path) -> None:
    text = "bindings:\n  - cc: 74, 20-21\n    targets: [swing, humanize, tempo]\n"
    assert [b.number for b in mapping(tmp_path, text).bindings] == [74, 20, 21]


PORTS = {
    # as ALSA, CoreMIDI or Windows show them
    "akai-mpk-mini-mk3": "MPK mini 3:MPK mini 3 MIDI 1 20:0",
    "akai-apc-key-25": "APC Key 25:APC Key 25 MIDI 1 24:0",
    "arturia-minilab-3": "Minilab3:Minilab3 Minilab3 MIDI 20:0",
    "arturia-keylab-essential-mk3": "KL Essential 61 mk3 MIDI",
    "novation-launchkey-mini-mk3": "Launchkey Mini MK3:Launchkey Mini MK3 Launchkey Mi 20:0",
    "novation-launch-control-xl": "Launch Control XL:Launch Control XL MIDI 1 28:0",
    "korg-nanokontrol2": "nanoKONTROL2:nanoKONTROL2 MIDI 1 32:0",
    "korg-nanokey-studio": "nanoKEY Studio:nanoKEY Studio MIDI 1 24:0",
    "m-audio-keystation-mk3": "Keystation 49 MK3",
    "m-audio-oxygen-pro": "Oxygen Pro 49:Oxygen Pro 49 MIDI 1 20:0",
    "ni-komplete-kontrol-m32": "KOMPLETE KONTROL M32 MIDI",
    "behringer-x-touch-mini": "X-TOUCH MINI:X-TOUCH MINI MIDI 1 20:0",
    "dj-techtools-midi-fighter-twister": "Midi Fighter Twister:Midi Fighter Twister MIDI 1 20:0",
}


@pytest.mark.parametrize("name", sorted(shipped_mappings()))
def test_a_shipped_mapping_has_nothing_wrong_and_names_its_source(name: str) -> None:
    path = shipped_mappings()[name]
    assert mapping_file.problems(path) == []
    text = path.read_text(encoding="utf-8")
    assert "# Source" in text, "where its numbers come from"
    preferred = {"density", "intensity", "complexity", "syncopation"}
    named = {b.target for b in read_mapping(path).bindings if b.target.startswith("direction:")}
    assert named <= {f"direction:{each}" for each in preferred}


def test_each_shipped_mapping_is_for_its_own_port_and_for_no_other() -> None:
    found = {name: read_mapping(path) for name, path in shipped_mappings().items()}
    assert set(found) == {*PORTS, "generic-keyboard"}
    for name, port in PORTS.items():
        assert [other for other, m in found.items() if m.fits(port)] == [name]


def test_no_shipped_mapping_is_for_our_own_virtual_port() -> None:
    assert not any(read_mapping(p).fits("Latent Bridge In") for p in shipped_mappings().values())


def test_the_example_of_the_documentation_has_nothing_wrong(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "mappings.md"
    blocks = page.read_text(encoding="utf-8").split("```yaml\n")[1:]
    assert blocks
    for block in blocks:
        example = written(tmp_path, block.partition("```")[0], "example.yaml")
        assert mapping_file.problems(example) == []


def test_every_shipped_mapping_and_key_is_in_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "mappings.md").read_text(encoding="utf-8")
    fields = {
        *mapping_file._BindingLine.__struct_fields__,
        *mapping_file._MappingFile.__struct_fields__,
    }
    for name in {*shipped_mappings(), *fields, *CATALOG.by_name}:
        assert f"`{name}`" in page, name


def test_a_mapping_that_does_not_exist_gets_the_nearest_shipped_one() -> None:
    with pytest.raises(NameUnknown, match="akai-mpk-mini-mk3"):
        read_mapping(Path("akai-mpk-mini"))


def test_every_target_of_the_tables_is_a_target() -> None:
    for name in (*CATALOG.by_name, "direction:busier"):
        assert check_target(name) == name


def test_the_metre_and_the_feel_are_settings(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("metre: 6/8\nfeel: style\n")
    assert (read_settings(path).metre, read_settings(path).feel) == ("6/8", "style")
    path.write_text("bpm: 100\nmetre: 5/4\n")
    with pytest.raises(ConfigError, match=r"settings.yaml:2: no metre named '5/4'"):
        read_settings(path)

"""Lead sheets, drummers and patterns in all metres, as lines of sixteen slots a bar."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tqdm", reason="the training extra is not installed")

from bridge.music.chords import chord_class
from bridge.music.grid import FOUR_FOUR_TRIPLETS, METRES, SIX_EIGHT, SLOTS_PER_BAR, THREE_FOUR
from bridge.music.notes import Note
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song, Track
from bridge.music.tokens import to_slots
from tools.data.duplicates import KnownTunes
from tools.data.render_leads import all_jobs, jobs_of, run_job
from tools.data.slots import slot_mask
from tools.data.sources.drummers import read_patterns, read_performances
from tools.data.sources.leads import LeadSheet, read_leads
from tools.data.sources.mma import Groove, chord_lines

WALTZ = {
    "id": "waltz", "nb": 2, "meter": "3/4", "steps": 12, "beats": ["C", "C", "F", "G7", "G7", "C"],
    "notes": [[0, 60, 4], [4, 64, 4], [12, 67, 12]],
}  # fmt: skip
REEL = {"id": "reel", "nb": 1, "beats": ["Am"] * 4, "notes": [[0, 69, 2], [2, 71, 1], [3, 72, 1]]}
SLOW = {
    "id": "slow", "nb": 1, "meter": "12/8", "steps": 24, "beats": ["D"] * 4,
    "notes": [[0, 62, 6], [6, 64, 2]],
}  # fmt: skip
ODD = {"id": "odd", "nb": 1, "meter": "9/8", "steps": 18, "beats": ["D"] * 3, "notes": [[0, 62, 6]]}


@pytest.fixture
def leads(tmp_path: Path) -> dict[str, LeadSheet]:
    """Lead sheets of several metres, by name."""
    lines = "\n".join(json.dumps(row) for row in (WALTZ, REEL, SLOW, ODD))
    (tmp_path / "made.jsonl").write_text(lines, encoding="utf-8")
    return {lead.name: lead for lead in read_leads(tmp_path)}


@pytest.mark.parametrize("metre", METRES.values(), ids=str)
def test_steps_go_to_slots_of_their_own_with_beats_where_beats_are(metre: object) -> None:
    slots = metre.slots
    assert len(set(slots)) == metre.steps
    assert max(slots) < SLOTS_PER_BAR
    beats = [slots[beat * metre.steps_per_beat] for beat in range(metre.beats)]
    assert beats == [0, 4, 8, 12][: metre.beats] if metre.beats > 2 else [0, 8]
    line = np.arange(1, 2 * metre.steps + 1)
    spread_line = to_slots(line, metre)
    assert spread_line[np.tile(slot_mask(metre), 2)].tolist() == line.tolist()
    assert np.count_nonzero(spread_line) == len(line)


@pytest.mark.parametrize("metre", METRES.values(), ids=str)
def test_the_second_chord_of_a_bar_begins_at_slot_eight_in_every_metre(metre: object) -> None:
    assert metre.slots[metre.half_step] == SLOTS_PER_BAR // 2


def test_leads_keep_their_metre_and_have_two_chords_a_bar(leads: dict[str, LeadSheet]) -> None:
    assert set(leads) == {"waltz", "reel", "slow"}  # 9/8 has no grid
    waltz = leads["waltz"]
    assert waltz.metre == THREE_FOUR
    assert waltz.halves.tolist() == [chord_class(name) for name in ("C", "F", "G7", "C")]
    assert np.flatnonzero(waltz.melody > 1).tolist() == [0, 4, 16]
    assert np.flatnonzero(waltz.melody == 1).tolist() == [8]
    assert np.flatnonzero(leads["slow"].melody > 1).tolist() == [0, 4]


def test_second_eighths_swing_to_the_third_triplet(leads: dict[str, LeadSheet]) -> None:
    swung = leads["reel"].swung()
    assert swung.metre == FOUR_FOUR_TRIPLETS
    assert [start for start, _, _ in swung.notes] == [0, 2]


def test_variants_of_a_tune_are_one_family() -> None:
    known = KnownTunes()
    rng = np.random.default_rng(0)
    tune = np.cumsum(rng.integers(-4, 5, 60)).tolist()
    other = np.cumsum(rng.integers(-4, 5, 60)).tolist()
    assert known.family(tune) == 0
    assert known.family(other) == 1
    assert known.family([pitch + 5 for pitch in tune[:40]]) == 0


def test_performances_are_read_with_metre_style_and_split(tmp_path: Path) -> None:
    folder = tmp_path / "groove" / "drummer1"
    folder.mkdir(parents=True)
    waltz = tuple(Note(960 * i, 36 if i % 3 == 0 else 38, 100, 90) for i in range(12))
    shuffle = tuple(Note(320 * i, 42, 50, 90) for i in range(48) if i % 3 != 1)
    for name, notes in (("1_jazz_100_beat_3-4", waltz), ("2_rock_90_fill_4-4", shuffle)):
        midi_file.write(folder / f"{name}.mid", Song((Track("Kit", 9, 0, notes),)))
    (tmp_path / "groove" / "info.csv").write_text(
        "midi_filename,split\ndrummer1/2_rock_90_fill_4-4.mid,test\n", encoding="utf-8"
    )
    one, two = read_performances(tmp_path)
    assert (one.style, one.metre, one.fill, one.split) == ("jazz", THREE_FOUR, False, 0)
    assert (two.style, two.metre, two.fill, two.split) == ("rock", FOUR_FOUR_TRIPLETS, True, 2)
    assert one.drums[:12].tolist() == [1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0]
    assert np.flatnonzero(two.drums[:16]).tolist() == [0, 2, 4, 6, 8, 10, 12, 14]


def test_patterns_are_read_and_empty_ones_left_out(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "style": "rock", "steps": 16, "drums": [1, 0, 4, 0] * 4},
        {"id": "b", "style": "none", "steps": 16, "drums": [0] * 16},
    ]
    lines = "\n".join(json.dumps(row) for row in rows)
    (tmp_path / "drums-made.jsonl").write_text(lines, encoding="utf-8")
    (pattern,) = read_patterns(tmp_path)
    assert (pattern.style, pattern.drums.tolist()) == ("rock", [1, 0, 4, 0] * 4)


def test_chords_are_written_for_mma_where_they_change() -> None:
    assert chord_lines(["C", "C", "F", "G7", "G7", "G7"], 2, 3.0) == ["C F@3", "G7"]
    assert chord_lines(["D", "A"], 1, 6.0) == ["D A@4"]


def test_each_metre_is_rendered_in_its_own_grooves(leads: dict[str, LeadSheet]) -> None:
    grooves = {
        "3/4": [Groove("lib:Waltz", "3/4", 3.0)],
        "6/8": [Groove("lib:March", "6/8", 2.0), Groove("lib:Slow", "6/8", 6.0)],
        "12/8": [Groove("lib:Swing", "12/8", 4.0)],
    }
    (job,) = jobs_of(leads["waltz"], grooves, 4)
    assert [groove.name for groove in job.grooves] == ["lib:Waltz"]
    jig = LeadSheet("jig", "jig", "made", SIX_EIGHT, 2, ("D", "D", "A", "D"), ((0, 62, 6),))
    jobs = list(jobs_of(jig, grooves, 4))
    assert [(job.grooves[0].name, job.pairs) for job in jobs] == [
        ("lib:March", False), ("lib:Slow", False), ("lib:Swing", True)
    ]  # fmt: skip


@pytest.mark.skipif(shutil.which("mma") is None, reason="MMA is not installed")
def test_mma_renders_a_waltz_as_a_waltz(leads: dict[str, LeadSheet]) -> None:
    grooves = {"3/4": [Groove("stdlib:Waltz", "3/4", 3.0)]}
    (job,) = jobs_of(leads["waltz"], grooves, 1)
    ((name, (bass, drums)),) = run_job(job)
    assert name == "waltz|3/4|stdlib:Waltz"
    assert len(bass) == len(drums) == 2 * SLOTS_PER_BAR
    assert bass[0] >= 2
    assert drums.any()
    assert not drums.reshape(2, SLOTS_PER_BAR)[:, 12:].any()


def test_leads_that_are_rendered_already_are_left(tmp_path: Path) -> None:
    (tmp_path / "leads").mkdir()
    (tmp_path / "metres").mkdir()
    (tmp_path / "trio").mkdir()
    (tmp_path / "leads" / "made.jsonl").write_text(json.dumps(REEL), encoding="utf-8")
    np.savez(tmp_path / "trio" / "made.npz", names=np.array(["reel|lib:Rock"]))
    table = tmp_path / "grooves.tsv"
    table.write_text(
        "groove\ttime_signature\thas_bass\thas_drums\trole\tmma_beats_a_bar\n"
        "lib:Swing\t12/8\tyes\tyes\tmain\t4.0\n", encoding="utf-8",
    )  # fmt: skip
    jobs = all_jobs(tmp_path, table, {"4/4": 1, "4/4t": 1})
    assert [job.lead.metre for job in jobs] == [FOUR_FOUR_TRIPLETS]

"""Named styles of a two-level model: the reference bars that each is the code of.

A reference is four bars of bass and drums that begin where their groove does. It is the most
typical window of a groove of MMA's library (``library:groove``), or of a style of the Groove MIDI
Dataset with a bass written here, or written here altogether. A written bass is in semitones above
the chord's root (hexadecimal; ``x`` ends a note, ``.`` goes on), a step a letter, bars apart by
``|``; written drums have a line each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bridge.model.two_level.code_layout import metre_number
from bridge.music.grid import METRES
from bridge.music.tokens import DRUM_NAMES, pitch_to_class, to_slots
from bridge.music.trio_windows import most_typical
from tools.data.dataset import BASS_PART, DRUMS_PART, Dataset, IntArray
from tools.data.sizes import BARS, STEPS
from tools.data.window_batches import WindowSource

ROOT = pitch_to_class(36)
"""The class of a written root: C2."""


@dataclass(frozen=True)
class StyleSource:
    """A style's name, its usual tempo in BPM, its metre, and what it is made of: a ``groove`` of
    MMA, or ``drums`` (a style of the Groove MIDI Dataset) with a written ``bass``, or written
    ``hits`` (drum name: line) and ``bass``."""

    name: str
    tempo: float
    metre: str
    groove: str = ""
    drums: str = ""
    hits: tuple[tuple[str, str], ...] = ()
    bass: str = ""


STRAIGHT = (
    StyleSource("rock", 120, "4/4", "casio/rock2:Rock2"),
    StyleSource("pop", 108, "4/4", "casio/8beatpop1:8BeatPop1"),
    StyleSource("ballad", 72, "4/4", "stdlib/popballad:PopBallad"),
    StyleSource("motown", 118, "4/4", "kara/8beatmotown:8beatmotownA"),
    StyleSource("soul", 100, "4/4", "casio/60ssoul:60sSoul"),
    StyleSource("funk", 104, "4/4", "casio/funk1:Funk1"),
    StyleSource("rnb", 92, "4/4", "stdlib/rb:R&BPlus"),
    StyleSource("disco", 118, "4/4", "casio/discosoul:DiscoSoul"),
    StyleSource("house", 124, "4/4", "casio/dance2:Dance2"),
    StyleSource("techno", 132, "4/4", "casio/techno:Techno"),
    StyleSource("trance", 136, "4/4", "stdlib/trance:Trance"),
    StyleSource("twist", 160, "4/4", "casio/twist:Twist"),
    StyleSource("charleston", 200, "4/4", "stdlib/charleston:Charleston"),
    StyleSource("metal", 150, "4/4", "pflib/metal1:metal1A"),
    StyleSource("oldies", 138, "4/4", "kara/K50s_rock:50s_RockC"),
    StyleSource("bigband", 152, "4/4", "stdlib/bigband:BigBand"),
    StyleSource("country", 112, "4/4", "yamaha/jazzcountry:JazzCountryMainA"),
    StyleSource("march", 116, "4/4", "casio/march1:March1"),
    StyleSource("polka", 124, "4/4", "casio/polkafox:PolkaFox"),
    StyleSource("ska", 138, "4/4", "stdlib/ska:Ska"),
    StyleSource("bossa", 132, "4/4", "kara/kbossa:kbossaA"),
    StyleSource("samba", 104, "4/4", "stdlib/samba:Samba"),
    StyleSource("salsa", 100, "4/4", "yamaha/salsa1:Salsa1MainA"),
    StyleSource("chacha", 120, "4/4", "stdlib/chacha:ChaCha"),
    StyleSource("tango", 120, "4/4", "stdlib/tango:TangoClean"),
    StyleSource("merengue", 128, "4/4", "stdlib/merengue:Merengue"),
    StyleSource("reggae", 76, "4/4", drums="reggae", bass="....0.3.5...7.x.|0.x.0...7.5.3.x."),
    StyleSource("hiphop", 90, "4/4", drums="hiphop", bass="0.....0...x.0.3.|0.....0.7...x..."),
    StyleSource("afrobeat", 112, "4/4", drums="afrobeat",
                bass="0..0..7.x.a.7...|0..0..7.x.7.5.3."),
    StyleSource("soca", 112, "4/4",
                hits=(("kick", "9...9...9...9..."), ("snare", "...9..9....9..9.|...9..9....9..99"),
                      ("closed hat", "..9...9...9...9."), ("open hat", "..............9.")),
                bass="0..0..7.....7.x.|0..0..7...5.4.x."),
    StyleSource("baiao", 104, "4/4", drums="latin-brazilian-baiao",
                bass="0..7....0..7..x.|0..7....0..c..7."),
    StyleSource("punk", 176, "4/4", drums="punk", bass="0.0.0.0.0.0.0.0.|0.0.0.0.0.0.0.7."),
    StyleSource("songo", 108, "4/4", drums="latin-brazilian-songo",
                bass="0..7..c...7..0..|...7..c...7..0.."),
    StyleSource("bluegrass", 120, "4/4", "stdlib/bluegrass:BlueGrass"),
    StyleSource("rumba", 112, "4/4", "stdlib/rhumba:Rhumba"),
    StyleSource("zydeco", 132, "4/4", "stdlib/zydeco:Zydeco"),
)  # fmt: skip
TRIPLETS = (
    StyleSource("slowrock", 76, "4/4t", "pflib/slowrock:slowrockA"),
    StyleSource("blues", 96, "4/4t", "casio/blues:Blues"),
    StyleSource("shuffle", 116, "4/4t", "casio/popshuffle1:PopShuffle1"),
    StyleSource("boogie", 140, "4/4t", "stdlib/shuffleboggie:ShuffleBoggie"),
    StyleSource("swing", 144, "4/4t", "stdlib/swing:SwingWalk"),
    StyleSource("jazz", 132, "4/4t", "stdlib/jazzcombo:JazzCombo"),
    StyleSource("hiphop-swing", 88, "4/4t",
                hits=(("kick", "9.9.....9...|9....99....."), ("snare", "...9.....9..|...9....59.9"),
                      ("closed hat", "9..9.99..9..")),
                bass="0.0..x..0.x.|0....03..5.x"),
    StyleSource("halftime-shuffle", 92, "4/4t",
                hits=(("kick", "9..........9|9.......9..."), ("snare", ".4..4.9.4.4.|.4..4.9.4..4"),
                      ("closed hat", "9.99.99.99.9")),
                bass="0....0...7.0|0....0..a7.."),
    StyleSource("new-orleans", 108, "4/4t",
                hits=(("kick", "9..9.....9..|9.....9..9.."), ("snare", "9.55.99.55.9|..55.99.5.9."),
                      ("closed hat", "...9.....9..")),
                bass="0..4.57..9.7|0..0.47..5.4"),
    StyleSource("twelve-eight-rock", 84, "4/4t", "stdlib/rock-128:Rock128"),
    StyleSource("gospel", 76, "12/8",
                hits=(("kick", "9....99....."), ("snare", "...9.....9..|...9.....9..|...9.....9.."
                       "|...9.....999"), ("closed hat", "999999999999")),
                bass="0....07..4.5|0....07..9.b"),
    StyleSource("slow-blues", 58, "12/8",
                hits=(("kick", "9.....9....9|9.....9..9.."), ("snare", "...9.....9.."),
                      ("ride", "9.99.99.99.9")),
                bass="0..0.4..7..9|a..9.7..4..2"),
)  # fmt: skip
THREE = (
    StyleSource("waltz", 120, "3/4", "stdlib/waltz:Waltz"),
    StyleSource("jazz-waltz", 144, "3/4", "stdlib/jazzwaltz:JazzWaltz"),
    StyleSource("country-waltz", 112, "3/4", "stdlib/countrywaltz:CountryWaltz1"),
    StyleSource("slow-rock-waltz", 88, "3/4", "stdlib/rockwaltz:RockWaltz"),
    StyleSource("folk-waltz", 126, "3/4", "casio/popwaltz:PopWaltz"),
    StyleSource("viennese-waltz", 174, "3/4", "stdlib/vienesewaltz:VieneseWaltz"),
    StyleSource("jig", 174, "6/8",
                hits=(("kick", "9.....9.....|9.....9...9."), ("snare", "....5.....5.|....5.5...5."),
                      ("closed hat", "9.5.5.9.5.5.")),
                bass="0.....7...x.|0...7.0.....|0.....7...x.|0...4.7....."),
    StyleSource("ballad-68", 108, "6/8", "casio/68ballad:68Ballad"),
    StyleSource("afro-68", 174, "6/8", "stdlib/afro-cuban:Afro-Cuban"),
    StyleSource("march-68", 174, "6/8", "stdlib/68march:68March"),
)  # fmt: skip
STYLES = (*STRAIGHT, *TRIPLETS, *THREE)


@dataclass(frozen=True)
class Reference:
    """Bass (relative to its chords) and drums [64] in slots, and the network's number of the
    metre."""

    bass: IntArray
    drums: IntArray
    metre: int


def reference_of(source: StyleSource, windows: WindowSource) -> Reference | None:
    """The reference of a style; None where the data does not hold what it is made of."""
    metre = metre_number(source.metre)
    if source.groove:
        found = typical(windows, source.groove, metre, BASS_PART | DRUMS_PART)
        if found is None:
            return None
        return Reference(windows.cut(1, found)[0], windows.cut(2, found)[0], metre)
    bass = written_bass(source.bass, source.metre)
    if source.hits:
        return Reference(bass, written_hits(source.hits, source.metre), metre)
    found = typical(windows, f"groove:{source.drums}", metre, DRUMS_PART)
    return None if found is None else Reference(bass, windows.cut(2, found)[0], metre)


def typical(windows: WindowSource, groove: str, metre: int, parts: int) -> IntArray | None:
    """The first slot [1] of the window at phase 0 whose drums and bass differ least from those of
    all windows of the groove; None without any."""
    data: Dataset = windows.data
    number = np.flatnonzero(data.groove_names == groove)
    if not len(number):
        return None
    pool = windows.pool(parts, (data.groove == number[0]) & (data.metre == metre))
    first = (pool.start - data.starts[pool.piece]) % STEPS == 0
    start = pool.start[first][:: max(1, first.sum() // 200)]
    if not len(start):
        return None
    drums = windows.cut(2, start)
    bass = windows.cut(1, start) if parts & BASS_PART else np.zeros_like(drums)
    nearest = most_typical(bass, drums)
    return start[nearest : nearest + 1]


def written_bass(text: str, metre: str) -> IntArray:
    """Four bars of bass classes [64] in slots; the bars written come round again."""
    bars = text.split("|")
    steps = [
        0 if letter == "." else 1 if letter == "x" else ROOT + int(letter, 16)
        for bar in range(BARS)
        for letter in bars[bar % len(bars)]
    ]
    return to_slots(np.array(steps, np.int64), METRES[metre])


def written_hits(lines: tuple[tuple[str, str], ...], metre: str) -> IntArray:
    """Four bars of drum masks [64] in slots: any letter but a dot is a hit."""
    out = np.zeros(BARS * METRES[metre].steps, np.int64)
    for drum, text in lines:
        bars = text.split("|")
        row = "".join(bars[bar % len(bars)] for bar in range(BARS))
        hits = np.array([letter != "." for letter in row])
        out |= hits.astype(np.int64) << DRUM_NAMES.index(drum)
    return to_slots(out, METRES[metre])

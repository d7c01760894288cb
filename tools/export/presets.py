"""Named styles: the mean style vectors of grooves with familiar names.

Grooves are named as in the trio files, ``library:groove`` of MMA; only 4/4. Swung grooves have
their swing in the pattern already (the off-beat is on the last sixteenth of the beat), so every
preset's extra swing is 0. Grooves whose bass avoids the root on the downbeat are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from tools.data.dataset import Windows
from tools.network.nets import TrioModel


@dataclass(frozen=True)
class PresetSource:
    """A style's name, its usual tempo in BPM, and the grooves that it is the mean of."""

    name: str
    tempo: float
    grooves: tuple[str, ...]


PRESETS = (
    PresetSource("rock", 120, ("casio/rock2:Rock2",)),
    PresetSource("pop", 108, ("casio/8beatpop1:8BeatPop1",)),
    PresetSource("ballad", 72, ("stdlib/popballad:PopBallad",)),
    PresetSource("motown", 118, ("kara/8beatmotown:8beatmotownA",)),
    PresetSource("soul", 100, ("casio/60ssoul:60sSoul",)),
    PresetSource("funk", 104, ("casio/funk1:Funk1",)),
    PresetSource("rnb", 92, ("stdlib/rb:R&BPlus",)),
    PresetSource("disco", 118, ("casio/discosoul:DiscoSoul",)),
    PresetSource("house", 124, ("casio/dance2:Dance2",)),
    PresetSource("techno", 132, ("casio/techno:Techno",)),
    PresetSource("trance", 136, ("stdlib/trance:Trance",)),
    PresetSource("twist", 160, ("casio/twist:Twist",)),
    PresetSource("charleston", 200, ("stdlib/charleston:Charleston",)),
    PresetSource("metal", 150, ("pflib/metal1:metal1A",)),
    PresetSource("oldies", 138, ("kara/K50s_rock:50s_RockC",)),
    PresetSource("slowrock", 76, ("pflib/slowrock:slowrockA",)),
    PresetSource("blues", 96, ("casio/blues:Blues",)),
    PresetSource("shuffle", 116, ("casio/popshuffle1:PopShuffle1",)),
    PresetSource("boogie", 140, ("stdlib/shuffleboggie:ShuffleBoggie",)),
    PresetSource("swing", 144, ("casio/swing:Swing",)),
    PresetSource("jazz", 132, ("stdlib/jazzcombo:JazzCombo",)),
    PresetSource("bigband", 152, ("stdlib/bigband:BigBand",)),
    PresetSource("country", 112, ("yamaha/jazzcountry:JazzCountryMainA",)),
    PresetSource("march", 116, ("casio/march1:March1",)),
    PresetSource("polka", 124, ("casio/polkafox:PolkaFox",)),
    PresetSource("ska", 138, ("stdlib/ska:Ska",)),
    PresetSource("bossa", 132, ("kara/kbossa:kbossaA",)),
    PresetSource("samba", 104, ("stdlib/samba:Samba",)),
    PresetSource("salsa", 100, ("yamaha/salsa1:Salsa1MainA",)),
    PresetSource("chacha", 120, ("stdlib/chacha:ChaCha",)),
    PresetSource("tango", 120, ("stdlib/tango:TangoClean",)),
    PresetSource("merengue", 128, ("stdlib/merengue:Merengue",)),
)


@torch.no_grad()
def style_presets(model: TrioModel, windows: Windows, limit: int = 400) -> dict[str, np.ndarray]:
    """``names`` [M], ``vectors`` [M, S], ``tempo`` [M] (BPM) and ``swing`` [M] of the presets.

    A preset whose grooves are not in the data is left out. In a small data set that has none of
    them, each of the first grooves becomes a preset.
    """
    data = windows.data
    number = {str(name): i for i, name in enumerate(data.groove_names)}
    grooves = data.groove[windows.piece]
    sources = [p for p in PRESETS if any(g in number for g in p.grooves)]
    if not sources:
        sources = [PresetSource(str(g), 110, (str(g),)) for g in data.groove_names[:8]]
    names, vectors, tempo = [], [], []
    for source in sources:
        wanted = [number[g] for g in source.grooves if g in number]
        found = np.flatnonzero(np.isin(grooves, wanted))
        if not len(found):
            continue
        index = found[:: max(1, len(found) // limit)]
        bass, drums = (torch.from_numpy(line) for line in windows.grooves(index)[:2])
        names.append(source.name)
        vectors.append(model.style(bass, drums).mean(0).numpy())
        tempo.append(source.tempo)
    return {
        "names": np.array(names),
        "vectors": np.stack(vectors).astype(np.float32),
        "tempo": np.array(tempo, np.float32),
        "swing": np.zeros(len(names), np.float32),
    }

"""The first state of a session. Pure."""

from __future__ import annotations

from bridge.controllers.bindings import ControlState
from bridge.controllers.catalog import CONTROLS
from bridge.model.contract import check_metre
from bridge.model.styles.style_metres import style_in_metre, styles_in
from bridge.music.key import Key, KeyTracker
from bridge.session.state.band import Band
from bridge.session.state.clock import Clock
from bridge.session.state.code_player import CodePlayer
from bridge.session.state.controllers import Controllers
from bridge.session.state.latent_point import Point
from bridge.session.state.listening import Listening
from bridge.session.state.session_state import State, Sync
from bridge.session.state.setup import ModelFacts, Setup
from bridge.session.state.song.arranger import Arranger
from bridge.session.state.song.chart import FixedChords
from bridge.session.state.song.form_position import FormPosition
from bridge.session.state.song.metronome import Metronome
from bridge.session.sync.sources import source_of
from bridge.session.transport.metre import check_mode
from bridge.timing.clock_sender import ClockSender
from bridge.timing.tempo import BeatLine


def first_state(setup: Setup, facts: ModelFacts, bindings: ControlState | None = None) -> State:
    """A stopped session, in the style of the form, else of the setup, else the model's first.

    NameUnknown if the model has no style of that name, ModelError for a metre that it lacks, or
    that the mode or the guest does."""
    form = setup.form
    style = form.first_style if form is not None else ""
    first = next(iter(styles_in(facts.presets, setup.metre.name)), "")
    style = style or setup.style or first
    check_metre(facts.spec, setup.metre.name)
    check_mode(setup.metre, setup.mode, setup.guest)
    preset = style_in_metre(facts.presets, style, setup.metre.name, "(see: latent-bridge styles)")
    controls = {name: default for name, (_, _, default) in CONTROLS.items()}
    controls |= {f"direction:{name}": 0.0 for name in facts.directions.names}
    controls["glide"] = setup.glide
    controls["swing"] = preset.swing
    band = Band(style=style, mode=setup.mode, controls=controls, thru=setup.thru)
    controllers = Controllers(bindings or ControlState())
    return State(
        setup=setup,
        facts=facts,
        clock=Clock(BeatLine.at_tempo(setup.bpm)).in_metre(setup.metre),
        band=band,
        sync=Sync(source_of(setup), senders=tuple(map(ClockSender, setup.clock_outs))),
        heard=Listening(key=KeyTracker().pin(Key.parse(setup.key) if setup.key else None)),
        point=Point(saved={anchor.name: anchor for anchor in setup.anchors}),
        codes=CodePlayer(guest=setup.guest),
        form=None if form is None else FormPosition(),
        chords=FixedChords(setup.chart),
        arranger=Arranger(
            variation=setup.variation,
            form=form,
            memories=setup.memories,
            phrase_bars=setup.phrase_bars,
            intro_bars=setup.intro_bars,
            count_in=setup.count_in_bars,
            break_drums=setup.break_drums,
        ),
        metronome=Metronome(setup.metronome, setup.click),
        ears=setup.ears,
        controllers=controllers.synced(setup.bpm, controls, band.muted),
    )

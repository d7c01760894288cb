"""The arranger's commands and what carries each out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from bridge.session.handlers.arranging import live_forms, memories, mixer, passages, styles
from bridge.session.messages import arranger_commands as a
from bridge.session.messages import commands as m
from bridge.session.state.session_state import Step

COMMANDS: Final[Mapping[type, Callable[..., Step]]] = {
    m.SetStyle: styles.set_style,
    m.Mute: mixer.mute,
    a.SetVariation: passages.set_variation,
    a.Intro: passages.intro,
    a.Break: passages.take_break,
    a.Ending: passages.ending,
    a.SetArranger: passages.set_arranger,
    a.StoreMemory: memories.store,
    a.RecallMemory: memories.recall,
    a.PressMemory: memories.press,
    a.ArmStore: memories.arm,
    a.NameMemory: memories.name,
    a.ForgetMemory: memories.forget,
    a.Audition: styles.audition,
    a.EndAudition: styles.end_audition,
    a.Solo: mixer.solo,
    a.SwitchMetronome: mixer.switch_metronome,
    a.Transpose: mixer.transpose,
    a.StartForm: live_forms.start_form,
    a.LeaveForm: live_forms.leave_form,
}

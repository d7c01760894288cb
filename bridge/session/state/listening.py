"""The player's music: notes heard, keys and pedals that are down, what was passed on, the tune."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from bridge.midi.messages import CC_SOSTENUTO, NOTE_OFF, NOTE_ON
from bridge.music.key import KeyTracker
from bridge.music.notes import PlayerKey
from bridge.music.phrase import Phrase
from bridge.music.repetition import RepetitionMemory
from bridge.music.rhythm.feel import FoundFeel
from bridge.session.state.bars import Loop
from bridge.session.state.value import Value
from bridge.timing.schedule import Schedule

KEYBOARD_PORT: Final = "computer keyboard"
TUNE_PORT: Final = "built-in tune"
OWN_PORTS: Final = frozenset((KEYBOARD_PORT, TUNE_PORT))
"""Ports of keys that came on no MIDI input."""
SENSING_SECONDS: Final = 0.33
"""Silence after which an input that sends Active Sensing is gone: 300 ms by MIDI 1.0, and 10 %."""
ECHO_SECONDS: Final = 0.03
"""A message that arrives as it was sent no longer ago than this is not the player's."""
MANAGER_CHANNELS: Final = (0, 15)
"""Channels (0..15) on which MPE keyboards send what is meant for all their channels."""


class InputKeys(Value, frozen=True):
    """The keys of one input port: those that are ``down``, and those that are up but ``sustained``
    by a pedal. ``pedal``: the sustain pedal is down; ``sostenuto`` holds the keys that were down
    when the sostenuto pedal went down (None: it is up). Pedals are for all channels of the port,
    since MPE keyboards send them on one.
    """

    down: frozenset[PlayerKey] = frozenset()
    sustained: frozenset[PlayerKey] = frozenset()
    pedal: bool = False
    sostenuto: frozenset[PlayerKey] | None = None

    @property
    def sounding(self) -> frozenset[PlayerKey]:
        """The keys whose notes have not ended."""
        return self.down | self.sustained

    def pressed(self, key: PlayerKey) -> InputKeys:
        """A key goes down: a pedal no longer holds an earlier note of that pitch."""
        sustained = self.sustained
        if sustained:
            sustained = frozenset(k for k in sustained if k.pitch != key.pitch)
        return self.but(down=self.down | {key}, sustained=sustained)

    def released(self, keys: Iterable[PlayerKey]) -> InputKeys:
        """Keys go up; those that a pedal holds sound on."""
        up = self.down.intersection(keys)
        kept = frozenset(filter(self._is_kept, up)) if self.has_pedals else frozenset()
        return self.but(down=self.down - up, sustained=self.sustained | kept)

    def silenced(self, channel: int) -> InputKeys:
        """All Sound Off on a channel (0..15)."""
        gone = self.of_channel(channel)
        return self.but(down=self.down - gone, sustained=self.sustained - gone)

    def pedalled(self, control: int, down: bool) -> InputKeys:
        """A pedal goes down or up: controller 64 (sustain) or 66 (sostenuto)."""
        if control != CC_SOSTENUTO:
            after = self.but(pedal=down)
        elif down:
            after = self if self.sostenuto is not None else self.but(sostenuto=self.down)
        else:
            after = self.but(sostenuto=None)
        return after.but(sustained=frozenset(filter(after._is_kept, self.sustained)))

    def pedals_up(self) -> InputKeys:
        """Both pedals up."""
        return self.but(sustained=frozenset(), pedal=False, sostenuto=None)

    @property
    def has_pedals(self) -> bool:
        """True if a pedal is down."""
        return self.pedal or self.sostenuto is not None

    def is_down(self, control: int) -> bool:
        """True if the pedal of a controller, 64 or 66, is down."""
        return self.sostenuto is not None if control == CC_SOSTENUTO else self.pedal

    def of_channel(self, channel: int) -> frozenset[PlayerKey]:
        """The keys that a message on a channel (0..15) is for: those of the channel, or of all
        channels if an MPE keyboard's manager channel has none of its own."""
        found = frozenset(key for key in self.sounding if key.channel == channel)
        return self.sounding if not found and channel in MANAGER_CHANNELS else found

    def _is_kept(self, key: PlayerKey) -> bool:
        return self.pedal or (self.sostenuto is not None and key in self.sostenuto)


class Echoes(Value, frozen=True):
    """The messages ``sent`` in the last 30 ms with their times (seconds), by which those that come
    back on an input are known. ``returned``: keys whose note-on came back, and whose note-off may
    still do so."""

    sent: tuple[tuple[float, bytes], ...] = ()
    returned: frozenset[PlayerKey] = frozenset()

    def with_sent(self, at: float, messages: Iterable[bytes]) -> Echoes:
        """The echoes after messages were sent at ``at``."""
        recent = (one for one in self.sent if at - one[0] <= ECHO_SECONDS)
        return self.but(sent=(*recent, *((at, _mark(message)) for message in messages)))

    def without(self, at: float, message: bytes) -> Echoes | None:
        """The echoes still to come after one arrives at ``at``; None if the message is none."""
        mark = _mark(message)
        for index, (when, sent) in enumerate(self.sent):
            if sent == mark and at - when <= ECHO_SECONDS:
                return self.but(sent=self.sent[:index] + self.sent[index + 1 :])
        return None

    def hear(
        self, at: float, key: PlayerKey, message: bytes, *, down: bool, ended: bool = False
    ) -> tuple[Echoes, bool]:
        """The echoes still to come after a note-on or note-off at ``at`` (seconds), and True if it
        is one. ``down``: the player holds this key. ``ended``: what was passed on there has ended,
        so that a note-off ends the key too, be it the player's or not: no key is held for ever."""
        if not self.sent and not self.returned:
            return self, False
        found = self.without(at, message)
        if message[0] & 0xF0 == NOTE_ON and message[2]:
            if found is not None:
                return found.but(returned=found.returned | {key}), True
            return self._unmarked(key), False  # no off is waited for, lest it be the player's
        if key not in self.returned or (down and (found is None or ended)):
            return self, False
        return (found or self)._unmarked(key), True

    def _unmarked(self, key: PlayerKey) -> Echoes:
        return self.but(returned=self.returned - {key}) if key in self.returned else self


def _mark(message: bytes) -> bytes:
    """The part of a message that comes back unchanged: a note-off's velocity may be lost."""
    kind = message[0] & 0xF0
    if kind == NOTE_OFF or (kind == NOTE_ON and not message[2]):
        return bytes((NOTE_OFF | message[0] & 0x0F, message[1]))
    return message


class PassedControls(Value, frozen=True):
    """Pedals, controllers, bends and pressure that were passed on: ``last`` has the port and the
    last message of each kind (see :func:`kind_of`). ``doubtful`` has messages that may have come
    back, with their time and port: the newest of a kind is passed on 30 ms later if it is not
    what was passed on last.
    """

    last: Mapping[bytes, tuple[str, bytes]] = msgspec.field(default_factory=dict)
    doubtful: Mapping[bytes, tuple[float, str, bytes]] = msgspec.field(default_factory=dict)

    def passed(self, port: str, message: bytes) -> PassedControls:
        """The controls after a message from ``port`` was passed on."""
        kind = kind_of(message)
        doubtful = self.doubtful
        if kind in doubtful:
            doubtful = {k: value for k, value in doubtful.items() if k != kind}
        return self.but(last={**self.last, kind: (port, message)}, doubtful=doubtful)

    def doubted(self, at: float, port: str, message: bytes) -> PassedControls:
        """The controls after a message that may have come back arrived at ``at`` (seconds)."""
        return self.but(doubtful={**self.doubtful, kind_of(message): (at, port, message)})

    def without(self, kinds: Iterable[bytes]) -> PassedControls:
        """The controls without some kinds of messages."""
        gone = frozenset(kinds)
        return self.but(
            last={kind: value for kind, value in self.last.items() if kind not in gone},
            doubtful={kind: value for kind, value in self.doubtful.items() if kind not in gone},
        )


def kind_of(message: bytes) -> bytes:
    """The part of a message that names what it sets: all but the value."""
    return message[: 2 if message[0] < 0xC0 else 1]


class Listening(Value, frozen=True):
    """The player's music as far as it was heard.

    ``phrase`` holds the notes of the last bars, ``memory`` the bars that repeat and their chords,
    ``loop`` the phrase that loops. ``inputs`` are the keys and pedals of each input port;
    ``sensed`` is the time (seconds) of the last message of ports that send Active Sensing.
    ``feel`` is the feel of what was played, of the same kind for ``feel_bars`` bars.
    ``passed_notes`` (channel and pitch to the key) were passed on to the melody output and still
    sound there, ``passed`` are the controls passed on, ``echoes`` what may come back.
    """

    phrase: Phrase = msgspec.field(default_factory=Phrase)
    key: KeyTracker = msgspec.field(default_factory=KeyTracker)
    memory: RepetitionMemory = msgspec.field(default_factory=RepetitionMemory)
    loop: Loop | None = None
    inputs: Mapping[str, InputKeys] = msgspec.field(default_factory=dict)
    sensed: Mapping[str, float] = msgspec.field(default_factory=dict)
    passed_notes: Mapping[tuple[int, int], PlayerKey] = msgspec.field(default_factory=dict)
    passed: PassedControls = PassedControls()
    echoes: Echoes = Echoes()
    feel: FoundFeel = FoundFeel()
    feel_bars: int = 0

    def fresh(self) -> Listening:
        """Nothing heard yet, for a new take; the key stays."""
        return self.but(
            phrase=Phrase(), memory=RepetitionMemory(), loop=None, feel=FoundFeel(), feel_bars=0
        )

    def cleared(self) -> Listening:
        """Nothing heard yet but the keys that are down; a pinned key stays."""
        return self.but(
            phrase=self.phrase.cleared(),
            memory=RepetitionMemory(),
            loop=None,
            key=KeyTracker(pinned=self.key.pinned),
        )

    def with_feel(self, found: FoundFeel) -> Listening:
        """The music with the feel that was found at one more bar line."""
        bars = self.feel_bars + 1 if found.kind is self.feel.kind else 1
        return self.but(feel=found, feel_bars=bars)

    def in_other_metre(self) -> Listening:
        """The music without what was learned in bars of the metre before."""
        return self.but(memory=RepetitionMemory(), loop=None)

    def with_key(self, tick: int, key: PlayerKey, velocity: int) -> Listening:
        """The music with a key pressed at ``tick``, or (velocity 0) released."""
        return self.but(phrase=self.phrase.note_on(tick, key, velocity))

    def until(self, tick: int) -> Listening:
        """The music before ``tick`` only, after a jump to it."""
        return self.but(phrase=self.phrase.until(tick))

    def released(self) -> Listening:
        """The music without passed-on notes that sound, and without keys of the tune."""
        inputs = {port: keys for port, keys in self.inputs.items() if port != TUNE_PORT}
        return self.but(passed_notes={}, inputs=inputs)

    def keys_of(self, port: str) -> InputKeys:
        """The keys and pedals of an input port."""
        return self.inputs.get(port, _NO_KEYS)

    def held_pitches(self) -> set[int]:
        """The pitches that the player holds, in the phrase or passed on."""
        passed = {key.pitch for key in self.passed_notes.values()}
        return self.phrase.held_pitches() | passed

    def heard_from(self, port: str, at: float) -> Listening:
        """Note a message of a port that sends Active Sensing; of another port nothing."""
        return self.but(sensed={**self.sensed, port: at}) if port in self.sensed else self

    def deadlines(self) -> list[float]:
        """The times (seconds) at which silent ports and doubtful messages are to be looked at."""
        times = [at + SENSING_SECONDS for at in self.sensed.values()]
        return times + [at + ECHO_SECONDS for at, _, _ in self.passed.doubtful.values()]


_NO_KEYS: Final = InputKeys()


class Tune(Value, frozen=True):
    """The built-in tune that plays in place of a player: its ``name`` (empty: none) and the
    notes that are still to come in as key presses."""

    name: str = ""
    schedule: Schedule = msgspec.field(default_factory=Schedule)

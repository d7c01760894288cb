"""Answers the screen's requests from the model library, the history and the forms, which the screen
itself does not read. In a thread of its own, in order, so that a slow disk delays no note."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from bridge.errors import BridgeError, ModelError
from bridge.files.forms import find_form, forms, read_form, user_folder
from bridge.files.history import History, HistoryEntry
from bridge.files.takes.take_folder import takes_folder
from bridge.live.devices.settings_desk import SettingsDesk
from bridge.live.devices.take_reader import TakeReader
from bridge.model import library
from bridge.model.answering.guest import guest_of
from bridge.music.smf import midi_file
from bridge.music.song_form import lay_out
from bridge.session.messages.code_commands import PlayCodes
from bridge.session.messages.commands import Command
from bridge.session.messages.listings import (
    ChooseForm,
    FileRequest,
    FormList,
    FormRow,
    HistoryList,
    HistoryRow,
    ListForms,
    ListHistory,
    Listing,
    ListModels,
    ModelList,
    ModelRow,
    NameHistory,
    PlayHistory,
)
from bridge.session.messages.score import as_score
from bridge.session.messages.settings_messages import SettingsRequest
from bridge.session.messages.takes import TakeRequest
from bridge.session.state.song.form_position import LiveForm, live_form

ROWS: Final = 200
"""The most entries of the history that are listed: the latest."""
CLOSING_SECONDS: Final = 2.0
_ABILITIES: Final = {
    "accompany": "plays along", "sample": "draws ideas", "interpolate": "goes between them",
    "encode": "hears yours",
}  # fmt: skip
"""The commands that a model supports, in the words of the screen."""


class UserFileReader:
    """Answers each request with a list, given to ``show``. ``folder`` is the library that
    ``--library`` names; an entry of the history is played by a command given to ``tell``,
    beside the model named ``band``. ``takes`` is the folder of takes (None: the usual one). A form
    that is chosen is given to ``form``, its free choices drawn by ``seed``; ``desk`` keeps the
    settings."""

    def __init__(
        self,
        show: Callable[[Listing], None],
        tell: Callable[[Command], None],
        band: str,
        folder: Path | None = None,
        takes: Path | None = None,
        *,
        form: Callable[[LiveForm], None] = lambda _: None,
        seed: int = 1,
        desk: SettingsDesk | None = None,
    ) -> None:
        self._takes = TakeReader(takes or takes_folder(), tell)
        self._form, self._seed, self._desk = form, seed, desk
        self._show, self._tell, self._band, self._folder = show, tell, band, folder
        self._waiting: SimpleQueue[FileRequest | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="user files", daemon=True)
        self._thread.start()

    def ask(self, request: FileRequest) -> None:
        """Have the request answered soon; never blocks."""
        self._waiting.put(request)

    def close(self) -> None:
        """Answer what waits, and end."""
        self._waiting.put(None)
        self._thread.join(CLOSING_SECONDS)

    def answer(self, request: FileRequest) -> None:
        """Answer a request now, in the calling thread."""
        if isinstance(request, ListModels):
            self._show(model_list(self._folder))
            return
        if isinstance(request, TakeRequest):
            found = self._takes.answer(request)
            if found is not None:
                self._show(found)
            return
        if isinstance(request, SettingsRequest):
            if self._desk is not None:
                self._desk.answer(request, self._show)
            return
        if isinstance(request, ListForms | ChooseForm):
            self._show(form_list(self._choose(request)))
            return
        history = History()
        if isinstance(request, ListHistory) and request.stamp == stamp_of(history.path):
            return
        try:
            message = self._carry_out(request, history)
        except BridgeError as error:
            message = str(error)
        self._show(history_list(history, message))

    def _choose(self, request: ListForms | ChooseForm) -> str:
        """Read a chosen form; the message about what went wrong."""
        if isinstance(request, ListForms):
            return ""
        try:
            self._form(live_form(read_form(find_form(request.name)), self._seed))
        except BridgeError as error:
            return str(error)
        return ""

    def _carry_out(self, request: FileRequest, history: History) -> str:
        """Play or name an entry; the message about it. BridgeError where it cannot be done."""
        if isinstance(request, PlayHistory):
            number, entry = history.find(str(request.number))
            self._tell(self._play(history, number, entry))
            return f"plays from the next bar on: {label(number, entry)}"
        if isinstance(request, NameHistory):
            history.name(str(request.number), request.name)
        return ""

    def _play(self, history: History, number: int, entry: HistoryEntry) -> Command:
        song = history.song_of(entry)
        if song is None:
            return play_codes(number, entry, self._band, self._folder)
        return as_score(midi_file.read(song), label(number, entry))

    def _run(self) -> None:
        while (request := self._waiting.get()) is not None:
            self.answer(request)


def model_list(folder: Path | None = None) -> ModelList:
    """Every model of the library (of ``folder`` too, where one is given)."""
    return ModelList(
        tuple(
            _model_row(name, path, stamp_of(path / library.SPEC_FILE))
            for name, path in library.folders(folder).items()
        )
    )


@lru_cache(maxsize=256)
def _model_row(name: str, path: Path, stamp: str) -> ModelRow:
    """The row of a model, kept for each state of its file: reading one takes the interpreter
    some 20 ms, in which notes may be 5 ms late."""
    try:
        spec = library.read_spec(path)
    except ModelError:
        return ModelRow(name, "damaged", f"run: latent-bridge models verify {name}")
    abilities = library.abilities(spec)
    summary = f"{spec.kind}, {spec.bars} bars: {', '.join(map(_ABILITIES.__getitem__, abilities))}"
    # The verb comes first: the message's line is short.
    verb = "play" if "accompany" in abilities else "sample"
    try:
        guest = guest_of(spec)
    except ModelError as error:
        return ModelRow(name, summary, str(error))
    return ModelRow(name, summary, f"run: latent-bridge {verb} --model {name}", guest)


def form_list(message: str = "") -> FormList:
    """All forms, and a message."""
    own = user_folder()
    return FormList(
        tuple(_form_row(name, path, path.parent == own) for name, path in forms().items()), message
    )


def _form_row(name: str, path: Path, own: bool) -> FormRow:
    try:
        form = read_form(path)
    except BridgeError as error:
        return FormRow(name, own=own, problem=str(error))
    return FormRow(
        name=name, about=form.about, bars=lay_out(form).bars, sections=form.order,
        metre=form.metre, own=own,
    )  # fmt: skip


def history_list(history: History, message: str = "") -> HistoryList:
    """The latest :data:`ROWS` entries of the history with a message; of a history that cannot
    be read no entries, and the reason."""
    stamp = stamp_of(history.path)
    try:
        entries = history.entries()
    except BridgeError as error:
        return HistoryList((), str(error), stamp)
    latest = list(enumerate(entries, 1))[-ROWS:]
    rows = tuple(_history_row(*numbered) for numbered in reversed(latest))
    return HistoryList(rows, message, stamp)


def _history_row(number: int, entry: HistoryEntry) -> HistoryRow:
    return HistoryRow(
        number=number,
        name=entry.name,
        made=entry.made,
        model=entry.model,
        seed=entry.seed,
        codes=len(entry.codes) // (4 * max(1, entry.width)),
        when=entry.when,
    )


def stamp_of(path: Path) -> str:
    """An identification of the state of a file: another one after each change."""
    try:
        stat = path.stat()
    except OSError:
        return f"{path} is not there"
    return f"{path} {stat.st_mtime_ns} {stat.st_size}"


def label(number: int, entry: HistoryEntry) -> str:
    """The name of an entry on the screen."""
    return f"history {number}" + (f" {entry.name!r}" if entry.name else "")


def play_codes(number: int, entry: HistoryEntry, band: str, folder: Path | None) -> PlayCodes:
    """The command that plays an entry's codes beside a band. NameUnknown or ModelError when
    there is no such model, or the entry holds no codes."""
    spec = None if entry.model == band else library.read_spec(library.find(entry.model, folder))
    return PlayCodes(
        codes=tuple(tuple(row) for row in entry.table().tolist()),
        seed=entry.seed,
        label=label(number, entry),
        temperature=entry.temperature,
        stride=entry.stride,
        bars=entry.bars,
        guest=None if spec is None else guest_of(spec),
    )

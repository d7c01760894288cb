"""The models of the library as lines to choose from: the name, kind and abilities of each."""

from __future__ import annotations

from typing import Final

from bridge.session.messages.code_commands import UseModel
from bridge.session.messages.listings import ListModels, ModelList, ModelRow
from bridge.ui.dialogs.picker import Picker
from bridge.ui.host import Host

LOOK_SECONDS: Final = 0.1
"""Seconds between looks for the engine's list while the dialog is open."""
NO_MODELS: Final = "there are no models"


class ModelPicker(Picker):
    """Lists the models that the engine finds; samples are drawn of the one that is chosen."""

    def __init__(self, host: Host) -> None:
        super().__init__("Models", ())
        self._host = host
        self._listing: ModelList | None = None
        self._rows: dict[str, ModelRow] = {}

    def on_mount(self) -> None:
        """Ask the engine for the list, and wait for it."""
        self._host.post(ListModels())
        self._look()
        self.set_interval(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        """Take a list that has come."""
        listing = self._host.listing(ModelList)
        if listing is None or listing is self._listing:
            return
        self._listing = listing
        self._rows = lines(listing)
        if not self._rows:
            self._host.say(NO_MODELS)
            self.dismiss(None)
            return
        shot = self._host.newest
        drawn = shot.codes.model if shot.codes and shot.codes.model else shot.model
        current = next((line for line, row in self._rows.items() if row.name == drawn), "")
        self.offer(tuple(self._rows), current)

    def use(self, line: str | None) -> None:
        """Draw samples of the chosen model, or say how it can be used instead."""
        row = self._rows.get(line or "")
        if row is None:
            return
        if row.name == self._host.newest.model:
            self._host.post(UseModel())
        elif row.guest is not None:
            self._host.post(UseModel(row.guest))
        else:
            self._host.say(row.advice)


def lines(listing: ModelList) -> dict[str, ModelRow]:
    """The models by the lines that show them, names in one column."""
    width = max((len(row.name) for row in listing.rows), default=0)
    return {f"{row.name:<{width}}  {row.summary}": row for row in listing.rows}

"""A setting that is typed: what is accepted, and the field for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from textual import events

from bridge.session.messages.settings_messages import Chosen, SettingRow
from bridge.ui.dialogs.text_prompt import TextPrompt
from bridge.ui.host import Host

LONGEST: Final = 120
_BEGINNINGS: Final = tuple("0123456789-.")


def is_number(row: SettingRow) -> bool:
    """True if a setting is a number in a range."""
    return row.high > row.low and not row.choices


def begins_number(event: events.Key) -> str:
    """The character of a key that begins a number; empty for other keys."""
    character = event.character or ""
    return character if character in _BEGINNINGS else ""


def ask_value(
    host: Host, row: SettingRow, then: Callable[[Chosen], None], text: str | None = None
) -> None:
    """Open a field for a setting's value, with ``text`` in it (None: the value of now); ``then``
    gets what was typed. Escape changes nothing."""

    def typed(answer: str | None) -> None:
        if answer is not None:
            then(read_value(row, answer))

    now = f"{row.value:g}" if isinstance(row.value, float) else str(row.value)
    prompt = TextPrompt(
        f"{row.title}, in {row.unit}" if row.unit else row.title,
        row.unit or "a value",
        now if text is None else text,
        LONGEST,
        partial(complaint_about, row),
        "Settings",
    )
    host.open(prompt, typed)


def complaint_about(row: SettingRow, text: str) -> str:
    """The reason why a text is no value of a setting; empty for one. A decimal comma is read."""
    if isinstance(row.value, str):
        return ""
    bounds = f"{row.low:g} to {row.high:g}{' ' if row.unit else ''}{row.unit}"
    try:
        value = _number(text)
    except ValueError:
        return f"type a number, {bounds}"
    return "" if row.low <= value <= row.high else f"{text.strip()} is too far: {bounds}"


def read_value(row: SettingRow, text: str) -> Chosen:
    """The value that an accepted text stands for."""
    if isinstance(row.value, str):
        return text
    return round(_number(text)) if isinstance(row.value, int) else _number(text)


def _number(text: str) -> float:
    return float(text.replace(",", "."))

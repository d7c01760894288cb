"""The schema of ``config.json``, the configuration of magenta.js models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from bridge.errors import ModelError
from bridge.model.importing.files import FETCH_AGAIN, read_json


class ConfigVoice(msgspec.Struct, rename="camel", frozen=True):
    """Arguments of a converter for one part of a trio."""

    min_pitch: int | None = None
    max_pitch: int | None = None
    pitch_classes: list[list[int]] | None = None


class Arguments(msgspec.Struct, rename="camel", frozen=True):
    """Arguments of a data converter; each kind uses a subset."""

    num_steps: int
    num_segments: int | None = None
    min_pitch: int | None = None
    max_pitch: int | None = None
    pitch_classes: list[list[int]] | None = None
    mel_args: ConfigVoice | None = None
    bass_args: ConfigVoice | None = None
    drums_args: ConfigVoice | None = None
    steps_per_quarter: int | None = None
    total_steps: int | None = None
    num_velocity_bins: int | None = None
    humanize: bool | None = None
    tapify: bool | None = None
    split_instruments: bool | None = None


class Converter(msgspec.Struct, frozen=True):
    """A data converter."""

    type: str
    args: Arguments


class ExtraControl(msgspec.Struct, frozen=True):
    """One extra control of a decoder, of ``depth`` columns."""

    name: str
    depth: int


class Config(msgspec.Struct, rename="camel", frozen=True):
    """The whole file."""

    type: str
    data_converter: Converter
    chord_encoder: str | None = None
    condition_on_key: bool | None = None
    use_boolean_decoder: bool | None = None
    extra_controls: list[ExtraControl] | None = None


def read_config(path: Path) -> dict[str, Any]:
    """Read ``config.json`` of a MusicVAE. ModelError for another network or wrong types."""
    return checked_config(read_json(path, dict[str, Any]), path)


def checked_config(config: dict[str, Any], path: Path) -> dict[str, Any]:
    """The configuration after a check of its types. ``path`` is for the message."""
    if config.get("type") != "MusicVAE":
        raise ModelError(f"{path} is of a {config.get('type')!r}, and only a MusicVAE is known")
    try:
        msgspec.convert(config, Config)
    except msgspec.MsgspecError as exc:
        raise ModelError(f"{path} is damaged ({exc}): {FETCH_AGAIN}") from exc
    return config

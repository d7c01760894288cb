"""Checks of the names in the settings file that depend on the models: model and style."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.errors import BridgeError, NameUnknown
from bridge.files.settings import Checks, Settings
from bridge.live.live_session import facts_of
from bridge.model import library
from bridge.model.worker.child import FAKE


def names_known(flags: Mapping[str, Any]) -> Checks:
    """Checks of the settings' model and style, for those that no option (``flags``) replaces.

    Their errors are reported with the file's other errors.
    """
    folder = flags["library"]

    def model(name: str, _: object) -> None:
        if name != FAKE:
            library.find(name, folder)

    def style(name: str, values: Mapping[str, Any]) -> None:
        try:
            facts = facts_of(flags["model"] or str(values.get("model", Settings().model)), folder)
        except BridgeError:
            return  # the check of the model reports it
        if name not in facts.presets:
            raise NameUnknown("style", name, facts.presets, "(see: latent-bridge styles)")

    checks: Checks = {"model": model, "style": style}
    return {key: check for key, check in checks.items() if not flags[key]}

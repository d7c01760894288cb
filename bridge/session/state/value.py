"""The base of the session's values."""

from __future__ import annotations

from typing import Any, Self

import msgspec
from msgspec import structs


class Value(msgspec.Struct, frozen=True):
    """A value that is replaced, never changed."""

    def but(self, **changes: Any) -> Self:
        """This value with some fields changed (40 times faster than ``dataclasses.replace``)."""
        return structs.replace(self, **changes)

"""The terminal driver: Textual's own for POSIX terminals, with key releases asked for."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from bridge.ui.keys.kitty import ASK, ReleaseParser

if TYPE_CHECKING:
    from textual.driver import Driver


def driver_class() -> type[Driver] | None:
    """The driver for this process; None for Textual's choice (Windows, or one that is named in
    the environment, such as that of the browser)."""
    if sys.platform == "win32" or os.environ.get("TEXTUAL_DRIVER"):
        return None
    from textual import constants
    from textual.drivers import linux_driver

    class ReleaseDriver(linux_driver.LinuxDriver):
        """Asks for releases each time that the screen takes the terminal. Textual pops its level
        of the protocol, which ends them, when the screen gives the terminal back."""

        def start_application_mode(self) -> None:
            """Take the terminal."""
            super().start_application_mode()  # type: ignore[no-untyped-call]
            if self.attrs_before is not None and not constants.DISABLE_KITTY_KEY:
                self.write(ASK)
                self.flush()

    # The driver makes its parser by this name of its module.
    setattr(linux_driver, "XTermParser", ReleaseParser)  # noqa: B010
    return ReleaseDriver

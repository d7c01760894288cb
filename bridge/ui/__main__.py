"""The screen's process: ``python -m bridge.ui``, started by the engine with a channel.

``--page NAME``: started by the web server (:mod:`bridge.ui.web`) for a page of this name.
``--sample`` shows a made-up session instead, for work on the screen itself.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import Final

from bridge.session.messages.snapshot import FromEngine
from bridge.system.ipc import CHANNEL, parent_channel
from bridge.system.meeting import meet
from bridge.ui.app import BridgeApp
from bridge.ui.engine_link import ChannelLink, Link
from bridge.ui.keys.driver import driver_class
from bridge.ui.sample_session import SampleLink
from bridge.ui.views.frugal_update import use_frugal_updates

PAGE: Final = "--page"
LAST_SECONDS: Final = 5.0
"""Time in which the screen of a page ends after its page; then it is ended."""


def main(arguments: list[str]) -> int:
    """Run the screen until the player quits or the engine ends; the exit code."""
    link: Link
    if "--sample" in arguments:
        link = SampleLink()
    elif PAGE in arguments:
        link = ChannelLink(meet(arguments[arguments.index(PAGE) + 1], FromEngine))
        threading.Thread(target=_end_with, args=(link,), daemon=True, name="end").start()
    else:
        try:
            link = ChannelLink(parent_channel(FromEngine))
        except KeyError:
            print(
                f"the screen is started by the engine ({CHANNEL} is not set): "
                "run `latent-bridge`, or `python -m bridge.ui --sample` to look around",
                file=sys.stderr,
            )
            return 2
    use_frugal_updates()
    app = BridgeApp(link, driver_class=driver_class())
    app.run()
    return app.return_code or 0


def _end_with(link: ChannelLink) -> None:
    """End this process when its page is gone, even if it hangs: its terminal may have gone while
    it was being drawn on."""
    link.wait_for_end()
    time.sleep(LAST_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The screen's process: ``python -m bridge.ui``, started by the engine with a channel.

``--sample`` shows a made-up session instead, for work on the screen itself.
"""

from __future__ import annotations

import sys

from bridge.session.messages.snapshot import FromEngine
from bridge.system.ipc import CHANNEL, parent_channel
from bridge.ui.app import BridgeApp
from bridge.ui.engine_link import ChannelLink, Link
from bridge.ui.keys.driver import driver_class
from bridge.ui.sample_session import SampleLink
from bridge.ui.views.frugal_update import use_frugal_updates


def main(arguments: list[str]) -> int:
    """Run the screen until the player quits or the engine ends; the exit code."""
    link: Link
    if "--sample" in arguments:
        link = SampleLink()
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""magenta.js on node, the program to compare with; see ``tools/parity/magenta.js``."""

from __future__ import annotations

import functools
import http.server
import json
import os
import shutil
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

SCRIPT = Path(__file__).with_name("magenta.js")
VARIABLE = "LATENT_BRIDGE_NODE"
PACKAGES = "@magenta/music@1.23.1 @tensorflow/tfjs@2.8.6"


def modules(given: Path | None = None) -> Path | None:
    """A folder whose ``node_modules`` has magenta.js: given or from the environment; or None."""
    folder = given or Path(os.environ.get(VARIABLE, "."))
    there = (folder / "node_modules" / "@magenta" / "music" / "node").is_dir()
    return folder if there and shutil.which("node") else None


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Print no line for a request."""


class Magenta:
    """A running node process, and folders served to it on the loopback interface."""

    def __init__(self, folder: Path, root: Path, backend: str = "") -> None:
        handler = functools.partial(_Quiet, directory=str(root))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        command = ["node", str(SCRIPT), str(folder), *([backend] if backend else [])]
        self._node = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, do: str, **more: Any) -> dict[str, Any]:
        """Send one command and return its answer. RuntimeError with magenta.js's own message."""
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self._node.stdin.flush()
        line = self._node.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"error": "node has ended"}
        if "error" in answer:
            raise RuntimeError(f"magenta.js cannot {do}: {answer['error']}")
        return answer

    def load(self, name: str, control: dict[str, Any] | None = None) -> dict[str, Any]:
        """Load the checkpoint folder ``name`` of the served root."""
        port = self._server.server_address[1]
        return self.ask("load", url=f"http://127.0.0.1:{port}/{name}", control=control)

    def __enter__(self) -> Magenta:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        if self._node.stdin is not None:
            self._node.stdin.close()
        try:
            self._node.wait(10)
        except subprocess.TimeoutExpired:
            self._node.kill()
            self._node.wait()

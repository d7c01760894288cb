"""Running a model writes nothing to the user's home."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SHIPPED = Path(__file__).resolve().parents[2] / "onnx" / "trio-4bar"
RUN = (
    "import sys; from bridge.model import runtime; import onnxruntime; "
    "onnxruntime.InferenceSession(sys.argv[1])"
)


def test_running_a_model_writes_no_device_id_or_events_in_the_home(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    environment |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / ".cache")}
    command = [sys.executable, "-c", RUN, str(SHIPPED / "surrogate.onnx")]
    subprocess.run(command, env=environment, check=True, cwd=SHIPPED.parents[1])
    assert [p for p in tmp_path.rglob("*") if "onnxruntime" in p.name] == []

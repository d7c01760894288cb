"""The status of the model worker."""

from __future__ import annotations

from bridge.session.messages.status import WorkerState
from bridge.session.state.value import Value


class WorkerStatus(Value, frozen=True):
    """The worker's state, and the time (ms) that its last result took."""

    state: WorkerState = WorkerState.STARTING
    model_ms: float = 0.0

    @property
    def is_ready(self) -> bool:
        """True if the worker answers requests."""
        return self.state is WorkerState.READY

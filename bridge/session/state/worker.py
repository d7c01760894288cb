"""The model worker, as the session knows it."""

from __future__ import annotations

from bridge.session.messages.status import WorkerState
from bridge.session.state.value import Value


class WorkerStatus(Value, frozen=True):
    """The worker's state, and the milliseconds of its last answer."""

    state: WorkerState = WorkerState.STARTING
    model_ms: float = 0.0

    @property
    def is_ready(self) -> bool:
        """Whether requests are answered."""
        return self.state is WorkerState.READY

"""The worker process: answers, restarts, fatal failures, and a clean end."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from bridge.model.answering.answer import answer
from bridge.model.fake import FakeTrio
from bridge.model.messages import FromWorker, Request, Result, WorkerFailed, WorkerReady
from bridge.model.worker.child import serve
from bridge.model.worker.client import (
    ANSWER_SECONDS,
    LOAD_SECONDS,
    AnswerTimeout,
    FakeWorker,
    Worker,
)
from bridge.system.ipc import spawn

PATIENCE = 120.0
"""Seconds to wait for what must come; a loaded machine starts Python slowly."""
ASK = Request(
    generation=1,
    target_bar=2,
    bars=(0,),
    melody=(41, *[0] * 15) * 4,
    heard=(1,) * 64,
    style=(1.0, 0.0, 0.0, 0.0),
)
Told = FromWorker | None
"""A message, or None for a loss."""


def generation(number: int) -> Request:
    return msgspec.structs.replace(ASK, generation=number)


class Desk:
    """Collects what workers say, and closes them."""

    def __init__(self) -> None:
        self.box: queue.Queue[Told] = queue.Queue()
        self.workers: list[Worker] = []
        self.why: list[str] = []

    def worker(self, model: str = "fake", library: Path | None = None) -> Worker:
        made = Worker(
            model,
            library,
            on_message=self.box.put,
            on_lost=self.lost,
            back_off=(0.0, 0.01),
        )
        self.workers.append(made)
        return made

    def lost(self, why: str) -> None:
        self.why.append(why)
        self.box.put(None)

    def wait(self) -> Told:
        return self.box.get(timeout=PATIENCE)


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    for worker in made.workers:
        worker.close()


def test_a_worker_gets_ready_and_answers_as_the_model_does(desk: Desk) -> None:
    worker = desk.worker()
    assert isinstance(desk.wait(), WorkerReady)
    worker.ask(ASK)
    result = desk.wait()
    assert isinstance(result, Result)
    assert result.bars == answer(FakeTrio(), ASK).bars


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is not on Windows")
def test_a_killed_worker_is_started_again_and_answers_again(desk: Desk) -> None:
    worker = desk.worker()
    assert isinstance(desk.wait(), WorkerReady)
    for number in (1, 2):
        killed = worker.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        assert desk.wait() is None
        assert isinstance(desk.wait(), WorkerReady)
        assert worker.pid not in (None, killed)
        worker.ask(generation(number))
        result = desk.wait()
        assert isinstance(result, Result)
        assert result.generation == number


@pytest.mark.skipif(sys.platform == "win32", reason="SIGSTOP is not on Windows")
def test_a_worker_that_hangs_alive_is_killed_and_started_again_in_plain_words(desk: Desk) -> None:
    """A stopped process is killed when the deadline of a request has passed."""
    worker = desk.worker()
    assert isinstance(desk.wait(), WorkerReady)
    hung = worker.pid
    assert hung is not None
    worker.check(time.monotonic() + 1000.0)  # idle is not hung
    os.kill(hung, signal.SIGSTOP)
    worker.ask(ASK)
    asked = time.monotonic()
    worker.check(asked + ANSWER_SECONDS - 5.0)
    assert worker.pid == hung
    worker.check(asked + ANSWER_SECONDS + 0.1)
    assert desk.wait() is None
    assert desk.why == ["the model did not answer for 20 s"]
    assert isinstance(desk.wait(), WorkerReady)
    worker.ask(generation(2))
    assert isinstance(desk.wait(), Result)


def test_silence_counts_from_the_first_that_waits() -> None:
    """Loading has a longer deadline; without a request there is none."""
    assert not AnswerTimeout().expired(1e9)
    waiting = AnswerTimeout().requested(10.0).requested(25.0)
    assert not waiting.expired(10.0 + ANSWER_SECONDS)
    assert waiting.expired(10.1 + ANSWER_SECONDS)
    loading = AnswerTimeout(10.0, LOAD_SECONDS)
    assert not loading.requested(11.0).expired(10.0 + LOAD_SECONDS)
    assert loading.expired(10.1 + LOAD_SECONDS)


def test_a_model_that_cannot_be_loaded_is_told_once_and_not_tried_again(
    desk: Desk, tmp_path: Path
) -> None:
    worker = desk.worker("no-such-model", tmp_path)
    told = desk.wait()
    assert isinstance(told, WorkerFailed)
    assert told.fatal
    assert "no-such-model" in told.message
    readers = [t for t in __import__("threading").enumerate() if t.name == "channel-reader"]
    for reader in readers:
        reader.join(PATIENCE)
    assert worker.pid is None
    assert desk.box.empty()


def test_a_request_that_does_not_fit_fails_alone(desk: Desk) -> None:
    worker = desk.worker()
    assert isinstance(desk.wait(), WorkerReady)
    worker.ask(msgspec.structs.replace(ASK, bars=(9,)))
    told = desk.wait()
    assert isinstance(told, WorkerFailed)
    assert (told.generation, told.fatal) == (1, False)
    worker.ask(generation(2))
    assert isinstance(desk.wait(), Result)


def test_after_close_the_process_is_gone_and_nothing_more_is_said(desk: Desk) -> None:
    worker = desk.worker()
    assert isinstance(desk.wait(), WorkerReady)
    pid = worker.pid
    assert pid is not None
    worker.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    worker.ask(ASK)
    worker.close()
    assert desk.box.empty()


def test_the_child_leaves_quietly_when_the_parent_is_gone() -> None:
    child, channel = spawn("bridge.model.worker.child", ["--model", "fake"], FromWorker)
    assert isinstance(channel.receive(), WorkerReady)
    channel.close()
    assert child.wait(PATIENCE) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals as in a terminal")
@pytest.mark.parametrize(("number", "survives"), [("SIGINT", True), ("SIGTERM", False)])
def test_ctrl_c_is_not_for_the_child_but_terminate_is(number: str, survives: bool) -> None:
    child, channel = spawn("bridge.model.worker.child", ["--model", "fake"], FromWorker)
    try:
        assert isinstance(channel.receive(), WorkerReady)
        child.send_signal(getattr(signal, number))
        if survives:
            channel.send(ASK)
            assert isinstance(channel.receive(), Result)
        else:
            assert child.wait(PATIENCE) == -signal.SIGTERM
    finally:
        child.kill()
        child.wait(PATIENCE)
        channel.close()


def test_a_worker_started_by_hand_says_who_starts_it() -> None:
    command = [sys.executable, "-m", "bridge.model.worker.child", "--model", "fake"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 2
    assert "not by hand" in done.stderr
    assert "Traceback" not in done.stderr


class Script:
    """A channel whose incoming side is written down: requests, errors, then the end."""

    def __init__(self, *incoming: Request | Exception) -> None:
        self.incoming = list(incoming)
        self.sent: list[FromWorker] = []

    def send(self, message: FromWorker) -> None:
        self.sent.append(message)

    def receive(self) -> Request:
        if not self.incoming:
            raise EOFError
        item = self.incoming.pop(0)
        if isinstance(item, Exception):
            raise item
        return item

    def poll(self, seconds: float = 0.0) -> bool:
        return bool(self.incoming) and isinstance(self.incoming[0], Request)


def test_of_several_waiting_requests_the_newest_alone_is_answered() -> None:
    script = Script(*(generation(n) for n in range(5)))
    serve(script, FakeTrio)  # type: ignore[arg-type]
    ready, result = script.sent
    assert isinstance(ready, WorkerReady)
    assert isinstance(result, Result)
    assert result.generation == 4


def test_a_message_that_is_no_request_is_answered_and_survived() -> None:
    script = Script(msgspec.ValidationError("Expected `int`\n got `str`"), ASK)
    serve(script, FakeTrio)  # type: ignore[arg-type]
    failed, result = script.sent[1:]
    assert isinstance(failed, WorkerFailed)
    assert "\n" not in failed.message
    assert isinstance(result, Result)


def test_a_model_that_stumbles_over_one_request_goes_on() -> None:
    class Stumbling(FakeTrio):
        def decode(self, *args: object) -> object:  # type: ignore[override]
            raise RuntimeError("line one\nline two")

    script = Script(ASK)
    serve(script, Stumbling)  # type: ignore[arg-type]
    failed = script.sent[1]
    assert isinstance(failed, WorkerFailed)
    assert failed.message == "the model failed: RuntimeError: line one line two"
    assert not failed.fatal


def test_the_inline_worker_tells_the_same_things_without_a_process() -> None:
    said: list[Told] = []
    lost: Callable[[str], None] = lambda why: said.append(None)  # noqa: E731
    worker = FakeWorker("fake", on_message=said.append, on_lost=lost)
    assert said == []
    worker.ask(ASK)
    worker.die()
    worker.ask(generation(2))
    worker.close()
    worker.ask(generation(3))
    kinds = [type(message) for message in said]
    assert kinds == [WorkerReady, Result, type(None), WorkerReady, Result]

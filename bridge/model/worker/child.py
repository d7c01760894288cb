"""The process that runs the model.

``python -m bridge.model.worker.child --model NAME_OR_DIR [--library DIR]`` answers requests over
the channel of :mod:`bridge.system.ipc`. Of several waiting requests only the newest is answered.
It ends when the channel is closed.
"""

from __future__ import annotations

import signal

if __name__ == "__main__":
    # Before the slow imports: the terminal's Ctrl+C goes to the whole process group, but the
    # engine has to end first. The end of its pipe then ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from bridge.errors import BridgeError
from bridge.model.contract import Codec, Trio
from bridge.model.messages import FromWorker, Request, WorkerFailed, WorkerReady
from bridge.system.ipc import CHANNEL, Channel, parent_channel

if TYPE_CHECKING:
    from bridge.model.answering.guest import Guests

FAKE: Final = "fake"
"""The name of the model that needs no files."""
NICE_INCREMENT: Final = 2
"""Niceness of the worker, so that the engine and the screen come first."""


def load_band(model: str, library: Path | None, humanizer: str, tapper: str) -> Trio:
    """Load a trio as :func:`load_model`, with GrooVAE models beside it where they are named."""
    band = load_model(model, library)
    if not (humanizer or tapper):
        return band
    from bridge.model.answering.groovae import TrioWithGroove, load_groove

    return TrioWithGroove(
        band,
        load_groove(humanizer, library) if humanizer else None,
        load_groove(tapper, library) if tapper else None,
    )


def load_model(model: str, library: Path | None = None) -> Trio:
    """Load a trio by name or folder. NameUnknown or ModelError where it cannot be loaded."""
    if model == FAKE:
        from bridge.model.fake import FakeTrio

        return FakeTrio()
    from bridge.model.library import find
    from bridge.model.loading import load

    return load(find(model, library))


# --- the child ------------------------------------------------------------------------------


def guests_of(library: Path | None) -> Guests:
    """The guest models of a library, loaded on demand."""
    from bridge.model.answering.guest import Guests

    def load(name: str) -> Codec:
        from bridge.model.codec import load_codec  # imports ONNX Runtime

        return load_codec(name, library)

    return Guests(load)


def reply(model: Trio, request: Request, guests: Guests | None = None) -> FromWorker:
    """The result of a request, or a WorkerFailed message. Never raises."""
    from bridge.model.answering.answer import answer

    try:
        if request.voice is not None and guests is not None:
            from bridge.model.answering.guest import answer_with_guest

            return answer_with_guest(model, guests, request)
        result = answer(model, request)
        if request.tap:
            from bridge.model.answering.groovae import TrioWithGroove

            return model.finish(request, result) if isinstance(model, TrioWithGroove) else result
        return result
    except BridgeError as exc:
        return WorkerFailed(str(exc), request.generation)
    except Exception as exc:
        return WorkerFailed(f"the model failed: {_one_line(exc)}", request.generation)


def serve(
    channel: Channel[FromWorker, Request],
    load: Callable[[], Trio],
    guests: Guests | None = None,
) -> None:
    """Load the model, send WorkerReady, and answer requests until the channel is closed."""
    started = time.perf_counter()
    with contextlib.suppress(EOFError):
        try:
            model = load()
        except BridgeError as exc:
            channel.send(WorkerFailed(str(exc), fatal=True))
            return
        channel.send(WorkerReady(model.spec.name, (time.perf_counter() - started) * 1000))
        while True:
            try:
                request = _newest(channel)
            except msgspec.DecodeError as exc:
                channel.send(WorkerFailed(f"invalid request: {_one_line(exc)}"))
            else:
                channel.send(reply(model, request, guests))
                _prepare(channel, guests, request)


def _prepare(
    channel: Channel[FromWorker, Request], guests: Guests | None, request: Request
) -> None:
    """Load the guest model that a request names, before it plays."""
    if guests is None or not request.guest or request.voice is not None:
        return
    try:
        guests.ready(request.guest)
    except BridgeError as exc:
        channel.send(WorkerFailed(str(exc)))


def _newest(channel: Channel[FromWorker, Request]) -> Request:
    """Wait for a request; of several waiting ones the last."""
    request = channel.receive()
    while channel.poll():
        request = channel.receive()
    return request


def _one_line(exc: BaseException) -> str:
    return " ".join(f"{type(exc).__name__}: {exc}".split())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the worker. Exit code 2 when it was not started by the engine."""
    parser = argparse.ArgumentParser(prog="python -m bridge.model.worker.child")
    parser.add_argument("--model", required=True)
    parser.add_argument("--library", type=Path)
    parser.add_argument("--humanizer", default="")
    parser.add_argument("--tapper", default="")
    args = parser.parse_args(arguments)
    if CHANNEL not in os.environ:
        print("the worker is started by latent-bridge, not by hand", file=sys.stderr)
        return 2
    channel: Channel[FromWorker, Request] = parent_channel(Request)
    if hasattr(os, "nice"):
        os.nice(NICE_INCREMENT)
    serve(
        channel,
        lambda: load_band(args.model, args.library, args.humanizer, args.tapper),
        guests_of(args.library),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

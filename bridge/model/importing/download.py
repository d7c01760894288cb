"""Download checkpoints; interrupted downloads are resumed.

Files are stored in a cache as ``NAME.part`` and renamed when complete, so that the same command
resumes an interrupted download. No checksums are published for these files, so the checksum of
the first download is stored in ``downloads.json`` of the library and compared later. HTTP and
HTTPS only.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

import msgspec
import platformdirs

from bridge import __version__
from bridge.errors import ModelError
from bridge.model.importing import archive, deeplearn, tfjs
from bridge.model.importing.files import is_plain, read_json
from bridge.system.atomic_write import cannot_write, write_whole

Report = Callable[[str, int, int], None]
"""Progress callback: (file name, bytes so far, bytes in all or 0 where unknown)."""
PINS: Final = "downloads.json"
TIMEOUT_SECONDS: Final = 30.0
"""Time without data from the server after which a connection is given up."""
MAX_ATTEMPTS: Final = 4
"""Attempts to download a file, as long as each makes progress."""
MAX_BYTES: Final = 4 << 30
_CHUNK: Final = 1 << 16
_SMALL: Final = (tfjs.MANIFEST, tfjs.CONFIG, deeplearn.MANIFEST, deeplearn.CONVERTER)
_HANDLERS: Final = (
    urllib.request.ProxyHandler,
    urllib.request.HTTPHandler,
    urllib.request.HTTPSHandler,
    urllib.request.HTTPRedirectHandler,
    urllib.request.HTTPDefaultErrorHandler,
    urllib.request.HTTPErrorProcessor,
)
"""URL handlers without file: and ftp:, so that redirects cannot lead there either."""


class MissingFileError(ModelError):
    """The server has no such file."""


class InterruptedDownloadError(ModelError):
    """The download was interrupted or the server not reached; the same command resumes it."""


def is_url(source: str) -> bool:
    """True if a source is an http(s) URL rather than a path."""
    return urlsplit(source).scheme.lower() in ("http", "https")


def last_name(url: str) -> str:
    """The last part of a URL's path. ModelError where that is not a plain file name."""
    name = unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])
    if not is_plain(name):
        raise ModelError(f"{url} has no name of a checkpoint at its end: give its whole address")
    return name


def cache_folder(url: str) -> Path:
    """The cache folder of the files of a URL until they are imported."""
    cache = platformdirs.user_cache_path("latent-bridge", appauthor=False) / "downloads"
    return cache / f"{last_name(url)}-{hashlib.sha256(url.encode()).hexdigest()[:12]}"


def fetch_checkpoint(url: str, into: Path, report: Report) -> tuple[Path, dict[str, str]]:
    """Download the folder of files or the archive at ``url`` into the folder ``into``.

    Returns the path of the checkpoint and the URL of each file by name. ModelError for any
    failure; after an InterruptedDownloadError the download can be resumed.
    """
    try:
        into.mkdir(parents=True, exist_ok=True)
        if archive.is_archive(last_name(url)):
            name = last_name(url)
            fetch(url, into / name, report)
            return into / name, {name: url}
        return into, _fetch_folder(url.rstrip("/"), into, report)
    except OSError as exc:
        raise cannot_write(into, exc) from exc
    finally:
        with suppress(OSError):
            into.rmdir()  # remove it if empty


def _fetch_folder(url: str, into: Path, report: Report) -> dict[str, str]:
    def get(name: str) -> None:
        fetch(f"{url}/{quote(name)}", into / name, report)

    for file in _SMALL:  # those of an earlier download may not match the rest
        (into / file).unlink(missing_ok=True)
    try:
        get(tfjs.MANIFEST)
    except MissingFileError as absent:
        try:
            get(deeplearn.MANIFEST)
        except MissingFileError:
            raise ModelError(
                f"{absent}, and no {deeplearn.MANIFEST}: {url} is not the folder of a checkpoint"
            ) from absent
        names = _fetch_deeplearn(into, get)
    else:
        names = tfjs.file_names(into)
        for name in names:
            get(name)
    return {name: f"{url}/{quote(name)}" for name in names}


def _fetch_deeplearn(into: Path, get: Callable[[str], None]) -> list[str]:
    """Fetch a checkpoint with one file for each tensor; the encoder's files may be missing.
    Returns the names of the files fetched."""
    try:
        get(deeplearn.CONVERTER)
    except MissingFileError:
        get(deeplearn.CONFIG)
    tensors = read_json(into / deeplearn.MANIFEST, dict[str, deeplearn.PublishedTensor])
    names = deeplearn.file_names(into)
    spare = {e.filename for t, e in tensors.items() if t.startswith(deeplearn.ENCODER)}
    absent = set()
    for name in names:
        try:
            get(name)
        except MissingFileError:
            if name not in spare:
                raise
            absent.add(name)
    return [name for name in names if name not in absent]


# --- one file ---------------------------------------------------------------------------------


def fetch(url: str, path: Path, report: Report) -> None:
    """Download a file, or the rest of an interrupted download. No effect if it exists."""
    if not is_url(url):
        raise ModelError(f"{url} is not an http or https address")
    if path.is_file():
        return
    part = path.with_name(f"{path.name}.part")
    for _ in range(MAX_ATTEMPTS):
        before = _size(part)
        total = _fetch_some(url, part, report)
        if total < 0 or _size(part) == total:
            part.replace(path)
            _tag(part).unlink(missing_ok=True)
            return
        if _size(part) <= before:
            break
    whole = f" of {total:,}" if total < MAX_BYTES else ""
    raise InterruptedDownloadError(
        f"{url} was cut off after {_size(part):,}{whole} bytes: run the same command again, "
        "and it goes on from there"
    )


def _fetch_some(url: str, part: Path, report: Report) -> int:
    """Append the server's data to ``part``; returns the whole file's size, -1 if unknown."""
    start, total = _size(part), MAX_BYTES
    tag = _tag(part).read_text("utf-8") if start and _tag(part).is_file() else ""
    headers = {"User-Agent": f"latent-bridge/{__version__}", "Accept-Encoding": "identity"}
    if start and tag:
        headers |= {"Range": f"bytes={start}-", "If-Range": tag}
    try:
        with _opened(urllib.request.Request(url, headers=headers)) as answer:
            resumed = answer.status == 206
            start = start if resumed else 0
            length = answer.headers.get("Content-Length")
            total = start + int(length) if length else -1
            if total > MAX_BYTES:
                raise ModelError(f"{url} has {total:,} bytes, which is too large: not fetched")
            _tag(part).write_text(answer.headers.get("ETag") or "", encoding="utf-8")
            with part.open("ab" if resumed else "wb") as file:
                _copy(answer, file, report, (part.name.removesuffix(".part"), start, total))
            return total
    except urllib.error.HTTPError as exc:
        exc.close()
        if exc.code in (404, 403, 410):
            raise MissingFileError(f"there is no {url} ({exc.code})") from exc
        if exc.code == 416:  # the partial file is longer than the file on the server
            part.unlink(missing_ok=True)
        raise ModelError(f"{url} answers {exc.code} {exc.reason}: try again later") from exc
    except urllib.error.URLError as exc:
        raise _offline(url, exc.reason) from exc
    except (http.client.HTTPException, ConnectionError, TimeoutError) as exc:
        if _size(part) > start:  # interrupted after some data
            return total if total > 0 else MAX_BYTES
        raise _offline(url, exc) from exc


def _opened(request: urllib.request.Request) -> Any:
    opener = urllib.request.OpenerDirector()
    for handler in _HANDLERS:
        opener.add_handler(handler())
    return opener.open(request, timeout=TIMEOUT_SECONDS)


def _copy(answer: Any, file: Any, report: Report, about: tuple[str, int, int]) -> None:
    name, done, total = about
    while chunk := answer.read(_CHUNK):
        done += len(chunk)
        if done > MAX_BYTES or -1 < total < done:
            raise ModelError(f"{name}: the server sends more than it announced: not fetched")
        file.write(chunk)
        report(name, done, max(total, 0))


def _offline(url: str, reason: object) -> InterruptedDownloadError:
    host = urlsplit(url).hostname
    return InterruptedDownloadError(
        f"{host} cannot be reached ({' '.join(str(reason).split())[:120]}): this needs the "
        "network; files that you have already are imported with: latent-bridge models import "
        "FOLDER --name NAME"
    )


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _tag(part: Path) -> Path:
    return part.with_name(f"{part.name}.etag")


# --- checksums of first downloads ---------------------------------------------------------------


class Pin(msgspec.Struct, frozen=True):
    """Size in bytes and sha256 (hex) of a file's first download."""

    size: int
    sha256: str


def read_pins(place: Path) -> dict[str, Pin]:
    """All pins of a library, by URL."""
    path = place / PINS
    return read_json(path, dict[str, Pin]) if path.is_file() else {}


def check_pins(place: Path, found: Mapping[str, Mapping[str, Any]]) -> None:
    """ModelError for a file (by URL: ``size``, ``sha256``) that differs from its first
    download."""
    pins = read_pins(place)
    for url, file in found.items():
        if url in pins and pins[url].sha256 != file["sha256"]:
            raise ModelError(
                f"{url} is not the file that was downloaded before (sha256 {file['sha256'][:12]}, "
                f"not {pins[url].sha256[:12]}): if you trust it, take it out of {place / PINS}"
            )


def write_pins(place: Path, found: Mapping[str, Mapping[str, Any]]) -> None:
    """Add pins for files by their URLs."""
    old = {url: msgspec.structs.asdict(pin) for url, pin in read_pins(place).items()}
    write_whole(place / PINS, (json.dumps({**old, **found}, indent=1) + "\n").encode())

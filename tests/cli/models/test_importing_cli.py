"""models import, available and verify --reference, as a user types them; servers that fail."""

from __future__ import annotations

import json
import tarfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from published_data import DECODER, REFERENCE, needs_published_files

from bridge.cli.app import main
from bridge.model import library
from bridge.model.answering.answer import decode_windows, encode_windows
from bridge.model.codec import load_codec
from bridge.model.importing import download, published
from tools.parity.random_checkpoint import PUBLISHED, SHARD, tensors_of, tiny, write

pytest.importorskip("onnx", reason="the package onnx is not here")

RECORDED = Path(__file__).parents[2] / "model" / "magenta"
SHARD_NAME = "group1-shard1of1"


def checkpoint(folder: Path, name: str = "mel_2bar_small", seed: int = 1, **changes: Any) -> Path:
    """magenta.js's form with few cells; ``changes`` replace tensors (None: left out)."""
    small = tiny(PUBLISHED[name])
    tensors = {k.replace("/", "|"): v for k, v in tensors_of(small, seed).items()} | changes
    kept = {k.replace("|", "/"): v for k, v in tensors.items() if v is not None}
    write(folder, small.spec(), kept)
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setattr(download.platformdirs, "user_cache_path", lambda *a, **k: folder)
    return folder


class Terminal:
    """Runs commands with one library, and looks at what is left."""

    def __init__(self, capsys: pytest.CaptureFixture[str], models: Path) -> None:
        self.capsys, self.models = capsys, models

    def __call__(self, *words: str | Path) -> tuple[int, str, str]:
        code = main(["models", *map(str, words), "--library", str(self.models)])
        out, err = self.capsys.readouterr()
        return code, out, err

    def json(self, *words: str | Path) -> Any:
        code, out, err = self(*words, "--json")
        assert code == 0, err
        return json.loads(out)

    def refused(self, *words: str | Path) -> str:
        """Exit code 2, one line beside those of progress, and nothing new in the library."""
        before = self.left()
        code, out, err = self(*words)
        lines = [line for line in err.splitlines() if not line.startswith("fetching ")]
        assert (code, out, len(lines)) == (2, "", 1), err
        assert self.left() == before
        return lines[0]

    def left(self) -> list[str]:
        """Every file of the library, by its path; None stands for no folder at all."""
        if not self.models.exists():
            return ["no folder"]
        return sorted(str(p.relative_to(self.models)) for p in self.models.rglob("*"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Terminal:
    return Terminal(capsys, tmp_path / "models")


# --- from the disk


@pytest.mark.parametrize("name", list(PUBLISHED))
def test_every_family_is_imported_and_does_what_magenta_js_does(
    run: Terminal, tmp_path: Path, name: str
) -> None:
    """From files to the library to a comparison with what magenta.js made of such files."""
    made = run.json("import", checkpoint(tmp_path / name, name, seed=0))
    listed = {row["name"]: row for row in run.json("list")["models"]}[name]
    assert listed["kind"] == made["kind"]
    assert made["can"] == listed["can"] == ["sample", "interpolate", "encode"]
    report = run.json("verify", name, "--reference", RECORDED / f"{name}.json")
    assert report["steps"] == report["steps_equal"] > 100
    assert report["encode_difference"] <= 1e-5
    codec = load_codec(name, run.models)
    spec = codec.spec
    z = np.random.default_rng(0).normal(size=(2, spec.latent)).astype(np.float32)
    controls = np.zeros((2, spec.steps, spec.controls), np.float32) if spec.controls else None
    window = decode_windows(codec, z, temperature=1.0, seed=1, controls=controls)
    assert encode_windows(codec, window, controls).mu.shape == z.shape


def test_the_model_says_where_it_is_from_and_what_it_was_made_of(
    run: Terminal, tmp_path: Path
) -> None:
    source = checkpoint(tmp_path / "mel")
    run.json("import", source, "--name", "mine")
    told = json.loads((run.models / "mine" / "source.json").read_text())
    assert told["address"] == str(source)
    assert set(told["files"]) == {"config.json", "weights_manifest.json", SHARD_NAME}
    assert told["files"][SHARD_NAME]["size"] == (source / SHARD_NAME).stat().st_size
    assert len(told["files"][SHARD_NAME]["sha256"]) == 64
    assert library.read_spec(run.models / "mine").source == str(source)
    assert "It can: sample, interpolate, encode" in (run.models / "mine" / "CARD.md").read_text()


def test_a_tensorflow_checkpoint_becomes_a_model(run: Terminal) -> None:
    index = Path(__file__).parents[2] / "model/checkpoints/cat-mel_2bar_small.ckpt.index"
    made = run.json("import", index, "--name", "tf")
    assert (made["kind"], made["bars"], made["can"]) == ("melody", 2, ["sample", "interpolate"])


def test_a_name_that_exists_is_not_overwritten_unless_asked(run: Terminal, tmp_path: Path) -> None:
    first = checkpoint(tmp_path / "mel")
    run.json("import", first)
    assert "is there already" in run.refused("import", first)
    second = checkpoint(tmp_path / "b", "drums_2bar_lokl_small")
    assert run.json("import", second, "--name", "mel", "--replace")["kind"] == "drums"
    assert run.json("list")["models"][0]["name"] == "mel"
    (run.models / "mel" / "source.json").unlink()
    assert "was not imported, so it is not replaced" in run.refused(
        "import", first, "--name", "mel", "--replace"
    )


def test_a_failed_replacement_leaves_the_old_model(run: Terminal, tmp_path: Path) -> None:
    run.json("import", checkpoint(tmp_path / "mel"))
    (tmp_path / "mel" / SHARD_NAME).unlink()
    assert "is missing" in run.refused("import", tmp_path / "mel", "--replace")
    assert run.json("verify", "mel")["models"][0]["ok"]


@pytest.mark.parametrize("name", ["../mel", "a/b", ".mel", "", "a\\b", "C:mel", "x" * 101, "a\nb"])
def test_a_name_that_is_no_folder_name_is_refused(run: Terminal, tmp_path: Path, name: str) -> None:
    assert "cannot be a model's name" in run.refused(
        "import", checkpoint(tmp_path / "mel"), "--name", name or " "
    )


ONE = "decoder|output_projection|bias"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"decoder|surprise": np.zeros(3, np.float32)}, "unknown tensor decoder/surprise"),
        ({ONE: np.zeros(91, np.float32)}, "has the shape [91], not [90]"),
        ({ONE: None}, "lacks the tensor decoder/output_projection/bias"),
        ({ONE: np.full(90, np.inf, np.float32)}, "values that are not finite"),
    ],
)
def test_tensors_that_make_no_musicvae_are_refused(
    run: Terminal, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    message = run.refused("import", checkpoint(tmp_path / "mel", **changes))
    assert words in message
    assert run.left() == ["no folder"]


@pytest.mark.parametrize(
    ("converter", "words"),
    [
        (None, "Expected `object`, got `null` - at `$.dataConverter`"),
        ({"type": "X", "args": {"numSteps": 32}}, "no data converter 'X'"),
        ({"type": "MelodyConverter"}, "missing required field `args`"),
        ({"type": "MelodyConverter", "args": {}}, "missing required field `numSteps`"),
        ({"type": ["x"], "args": {"numSteps": 32}}, "Expected `str`, got `array`"),
        ({"type": "TrioConverter", "args": {"numSteps": 64, "melArgs": 3}}, "got `int`"),
        ({"type": "MelodyConverter", "args": {"numSteps": 33}}, "not a whole number of bars"),
        ({"type": "MelodyConverter", "args": {"numSteps": "x"}}, "Expected `int`"),
    ],
)
def test_a_config_that_makes_no_model_is_refused(
    run: Terminal, tmp_path: Path, converter: object, words: str
) -> None:
    checkpoint(tmp_path / "mel")
    config = {"type": "MusicVAE", "dataConverter": converter}
    (tmp_path / "mel" / "config.json").write_text(json.dumps(config))
    assert words in run.refused("import", tmp_path / "mel")


def test_a_library_that_cannot_be_written_is_said(run: Terminal, tmp_path: Path) -> None:
    run.models.write_text("a file")
    code, _, err = run("import", checkpoint(tmp_path / "mel"))
    assert code == 2
    assert "cannot be written" in err


def test_code_in_an_archive_is_never_executed(run: Terminal, tmp_path: Path) -> None:
    trace = tmp_path / "executed"
    source = checkpoint(tmp_path / "mel")
    for file in ("__init__.py", "setup.py", "conftest.py", "config.py", "tensorflow.py"):
        (source / file).write_text(f"open({str(trace)!r}, 'w')")
    with tarfile.open(tmp_path / "mel.tar", "w") as tar:
        tar.add(source, "mel")
    run.json("import", tmp_path / "mel.tar")
    assert not trace.exists()
    names = {path.name for path in (run.models / "mel").iterdir()}
    assert names == {"model.yaml", "decoder.onnx", "encoder.onnx", "CARD.md", "config.json",
                     "source.json"}  # fmt: skip


# --- the published ones


def test_available_lists_names_sizes_and_addresses(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "available", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["available"]}
    assert rows["trio_4bar"]["megabytes"] == 17.6
    assert rows["tap2drum_2bar"]["url"].endswith("/js/checkpoints/groovae/tap2drum_2bar")
    assert all(row["url"].startswith("https://storage.googleapis.com/") for row in rows.values())
    assert main(["models", "available"]) == 0
    assert "mel_2bar_small" in capsys.readouterr().out


def test_an_unknown_name_is_answered_with_the_nearest(run: Terminal) -> None:
    assert "did you mean 'trio_4bar'" in run.refused("import", "trio_4ba")
    assert published.find("trio_4bar_lokl_small_q1") is published.find("trio_4bar")


# --- from a server


class Server:
    """A folder on loopback that can cut, lie and move; ``seen`` holds each (path, Range)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cut_at = 1 << 62
        self.resumes = True
        self.move_to = ""
        self.seen: list[tuple[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        span = request.headers.get("Range", "")
        self.seen.append((request.path, span))
        path = self.folder / request.path.lstrip("/")
        if self.move_to:
            request.send_response(302)
            request.send_header("Location", self.move_to)
            request.end_headers()
            return
        if not path.is_file():
            request.send_error(404)
            return
        content = path.read_bytes()
        start = int(span[6:-1]) if span and self.resumes else 0
        request.send_response(206 if start else 200)
        request.send_header("Content-Length", str(len(content) - start))
        request.send_header("ETag", f'"{len(content)}"')
        request.end_headers()
        request.wfile.write(content[start : start + self.cut_at])

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "served")
    checkpoint(tmp_path / "served" / "mel")
    yield server
    server.close()


def test_a_folder_on_a_server_is_imported_and_its_files_pinned(
    run: Terminal, server: Server, cache: Path
) -> None:
    url = f"{server.url}/mel"
    made = run.json("import", url)
    assert made["name"] == "mel"
    told = json.loads((run.models / "mel" / "source.json").read_text())
    pins = json.loads((run.models / "downloads.json").read_text())
    assert set(pins) == {f"{url}/{file}" for file in told["files"]}
    assert pins[f"{url}/{SHARD_NAME}"] == told["files"][SHARD_NAME]
    assert list((cache / "downloads").iterdir()) == []


def test_an_archive_on_a_server_is_imported(run: Terminal, server: Server) -> None:
    with tarfile.open(server.folder / "packed.tar", "w") as tar:
        tar.add(server.folder / "mel", "mel")
    assert run.json("import", f"{server.url}/packed.tar")["name"] == "packed"


def test_a_published_name_is_fetched(
    run: Terminal, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = published.PublishedCheckpoint("trio_4bar", "melody", "for a test", f"{server.url}/mel")
    monkeypatch.setattr(published, "PUBLISHED", (one,))
    assert run.json("import", "trio_4bar")["name"] == "trio_4bar"


def test_the_older_form_is_fetched_without_what_its_encoder_lacks(
    run: Terminal, server: Server
) -> None:
    old = server.folder / "old"
    old.mkdir()
    small = tiny(PUBLISHED["mel_2bar_small"])
    manifest = {}
    for name, value in tensors_of(small, 1).items():
        manifest[name] = {"filename": name.replace("/", "_"), "shape": list(value.shape)}
        if "encoder/cell" not in name:
            (old / name.replace("/", "_")).write_bytes(value.tobytes())
    (old / "manifest.json").write_text(json.dumps(manifest))
    (old / "converter.json").write_text(json.dumps(small.spec()["dataConverter"]))
    made = run.json("import", f"{server.url}/old")
    assert made["can"] == ["sample", "interpolate"]
    assert len(made["missing"]) == 4


def test_a_download_that_is_cut_goes_on_where_it_was(run: Terminal, server: Server) -> None:
    server.cut_at = 60_000
    made = run.json("import", f"{server.url}/mel")
    assert made["can"] == ["sample", "interpolate", "encode"]
    assert (f"/mel/{SHARD_NAME}", "bytes=60000-") in server.seen
    assert run.json("verify", "mel")["models"][0]["ok"]


def test_a_download_that_stays_cut_is_one_line_and_the_next_command_goes_on(
    run: Terminal, server: Server
) -> None:
    server.cut_at = 10_000
    message = run.refused("import", f"{server.url}/mel")
    assert "was cut off after 40,000 of" in message
    assert "run the same command again" in message
    assert run.left() == ["no folder"]
    server.cut_at = 1 << 62
    server.seen.clear()
    run.json("import", f"{server.url}/mel")
    assert (f"/mel/{SHARD_NAME}", "bytes=40000-") in server.seen


def test_a_server_that_cannot_resume_is_asked_for_the_whole(run: Terminal, server: Server) -> None:
    server.cut_at, server.resumes = 20_000, False
    assert "was cut off" in run.refused("import", f"{server.url}/mel")
    server.cut_at = 1 << 62
    run.json("import", f"{server.url}/mel")


def test_a_file_that_changed_since_the_first_time_is_refused(run: Terminal, server: Server) -> None:
    run.json("import", f"{server.url}/mel")
    again = run.json("import", f"{server.url}/mel", "--replace")
    assert again["name"] == "mel"
    shard = server.folder / "mel" / SHARD_NAME
    shard.write_bytes(shard.read_bytes()[::-1])
    message = run.refused("import", f"{server.url}/mel", "--replace")
    assert "is not the file that was downloaded before" in message
    assert run.json("verify", "mel")["models"][0]["ok"]


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (
            lambda f: (f / SHARD_NAME).unlink(),
            f"there is no http://127.0.0.1:PORT/mel/{SHARD_NAME}",
        ),
        (lambda f: (f / "config.json").unlink(), "config.json (404)"),
        (lambda f: (f / "weights_manifest.json").unlink(), "is not the folder of a checkpoint"),
        (lambda f: (f / SHARD_NAME).write_bytes(b"1234"), "one is cut off"),
        (lambda f: (f / "weights_manifest.json").write_text("<html>"), "is damaged"),
        (
            lambda f: (f / "weights_manifest.json").write_text(
                '[{"paths": ["../../secret"], "weights": []}]'
            ),
            "is not in the checkpoint's folder",
        ),
    ],
)
def test_a_damaged_folder_on_a_server_is_refused(
    run: Terminal, server: Server, harm: Callable[[Path], object], words: str
) -> None:
    whole = (server.folder / "mel" / SHARD_NAME).read_bytes()
    assert len(whole) < SHARD
    harm(server.folder / "mel")
    words = words.replace("PORT", str(server.http.server_port))
    assert words in run.refused("import", f"{server.url}/mel")
    checkpoint(server.folder / "mel")  # repaired: what was wrong is not kept
    run.json("import", f"{server.url}/mel")


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_a_server_cannot_send_us_to_files_of_this_machine(
    run: Terminal, server: Server, target: str
) -> None:
    server.move_to = target
    assert "answers 302" in run.refused("import", f"{server.url}/mel") or target.startswith("ftp")


def test_offline_is_said_plainly(run: Terminal, server: Server) -> None:
    server.close()
    message = run.refused("import", f"{server.url}/mel")
    assert "127.0.0.1 cannot be reached" in message
    assert "this needs the network" in message
    assert "latent-bridge models import FOLDER" in message


@pytest.mark.parametrize("source", ["http://127.0.0.1:1/", "file:///etc/passwd", "ftp://x/y"])
def test_an_address_that_is_none_is_refused(run: Terminal, source: str) -> None:
    run.refused("import", source)


# --- held against a recording


def recording(run: Terminal, path: Path, name: str, count: int = 3) -> list[dict[str, Any]]:
    """What the model itself decodes, in the form of a recording."""
    codec = load_codec(name, run.models)
    spec = codec.spec
    rng = np.random.default_rng(5)
    z = rng.normal(size=(count, spec.latent)).astype(np.float32)
    controls = rng.random((count, spec.steps, spec.controls)).astype(np.float32)
    window = decode_windows(codec, z, controls=controls if spec.controls else None)
    entries = [
        {"z": z[i].tolist(), "steps": np.squeeze(window[i], -1).tolist()
         if window.shape[-1] == 1 else window[i].tolist(), "controls": controls[i].tolist()}
        for i in range(count)
    ]  # fmt: skip
    path.write_text(json.dumps(entries))
    return entries


@pytest.mark.parametrize(
    "name", ["mel_2bar_small", "trio_4bar", "groovae_2bar_humanize", "mel_chords"]
)
def test_a_model_is_held_against_a_recording(run: Terminal, tmp_path: Path, name: str) -> None:
    run.json("import", checkpoint(tmp_path / name, name))
    entries = recording(run, tmp_path / "told.json", name)
    report = run.json("verify", name, "--reference", tmp_path / "told.json")
    steps = sum(len(entry["steps"]) for entry in entries)
    assert (report["steps"], report["steps_equal"]) == (steps, steps)
    first = entries[1]["steps"]
    first[2] = first[2] + 1 if isinstance(first[2], int) else [first[2][0] + 1, *first[2][1:]]
    (tmp_path / "told.json").write_text(json.dumps(entries))
    code, out, err = run("verify", name, "--reference", tmp_path / "told.json", "--json")
    assert (code, json.loads(out)["steps_equal"]) == (2, steps - 1)
    assert f"at 1 of {steps} steps" in err
    _, out, _ = run("verify", name, "--reference", tmp_path / "told.json")
    assert f"{name}  DIFFERS" in out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[]", "empty reference"),
        ("{}", "is no reference"),
        ('{"z": [], "decoded": []}', "empty reference"),
        ('{"z": [[0,0,0,0,0,0,0,0]], "decoded": []}', "has steps of shape"),
        ('[{"z": [1], "steps": [0]}]', "has z of shape (1,), not (8,)"),
        ('[{"z": [0,0,0,0,0,0,0,0], "steps": [0]}]', "has steps of shape"),
        ('[{"z": [0,0,0,0,0,0,0,0], "steps": [[0], 1]}]', "are not all of one length"),
        ('[{"z": ["a"], "steps": [0]}]', "is no reference"),
    ],
)
def test_a_recording_that_does_not_fit_is_refused(
    run: Terminal, tmp_path: Path, content: str, words: str
) -> None:
    run.json("import", checkpoint(tmp_path / "mel"))
    (tmp_path / "told.json").write_text(content)
    assert words in run.refused("verify", "mel", "--reference", tmp_path / "told.json")


def test_a_recording_is_for_one_model(run: Terminal, tmp_path: Path) -> None:
    assert "needs the name of one model" in run.refused("verify", "--reference", tmp_path / "x")


@needs_published_files
def test_the_published_decoder_chooses_what_magenta_js_chose(run: Terminal) -> None:
    run.json("import", DECODER, "--name", "mel_2bar_small")
    report = run.json("verify", "mel_2bar_small", "--reference", REFERENCE)
    assert (report["steps"], report["steps_equal"]) == (192, 192)

"""``latent-bridge gallery``: an example of each function, as files and a web page."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from bridge.cli.shared.model_options import MODEL_NAME
from bridge.cli.shared.models import open_model
from bridge.cli.shared.options import JSON, LIBRARY, METRE, SEED
from bridge.cli.shared.output import json_line, progress_bar
from bridge.errors import ModelError, NameUnknown, OutputError
from bridge.files.forms import forms, read_form
from bridge.live.live_session import facts_of
from bridge.model.codec import load_codec
from bridge.model.contract import check_metre
from bridge.music.grid import FOUR_FOUR, METRES
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song
from bridge.offline.gallery import EXHIBITS, Exhibit, Workshop
from bridge.offline.render.html_page import Card, page
from bridge.offline.render.piano_roll import render_roll
from bridge.offline.render.wav import render_wav
from bridge.system.atomic_write import write_whole

INDEX = "index.html"


@click.command()
@click.option("-o", "--out", type=click.Path(path_type=Path), help="The folder to fill.")
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    help="Make only this example (see --list). May be given again.",
)
@click.option("--no-wav", is_flag=True, help="Write no WAV files: quicker, and much smaller.")
@SEED
@METRE
@MODEL_NAME
@LIBRARY
@click.option("--list", "listing", is_flag=True, help="List the examples and exit.")
@JSON
def gallery(
    out: Path | None,
    only: tuple[str, ...],
    no_wav: bool,
    seed: int,
    metre: str | None,
    model: str,
    folder: Path | None,
    listing: bool,
    as_json: bool,
) -> None:
    """Make an example of each function in the latent space: MIDI, WAV, PNG and a web page.

    Samples, interpolations, patterns, walks, forms, restyling and the prior. Open index.html in the
    folder to see and hear them. Stopped early, the page shows the
    examples made so far.
    """
    if listing:
        wide = max(len(exhibit.name) for exhibit in EXHIBITS)
        click.echo("\n".join(f"{e.name:<{wide}}  {e.about}" for e in EXHIBITS))
        return
    if out is None:
        raise click.UsageError("name the folder to fill: -o DIR")
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out}: is a file: name a folder")
    chosen = choose(only)
    begun = time.perf_counter()
    trio, bars = open_model(model, folder), METRES[metre or FOUR_FOUR.name]
    check_metre(trio.spec, bars.name)
    shop = Workshop(
        trio.in_metre(bars.name),
        load_codec(model, folder).in_metre(bars.name),
        facts_of(model, folder),
        {name: read_form(path) for name, path in forms().items()},
        seed,
        bars,
    )
    gallery_folder = GalleryFolder(out, model, seed, not no_wav)
    try:
        with progress_bar(sys.stderr.isatty() and not as_json, "example") as progress:
            for number, exhibit in enumerate(chosen):
                progress(number, len(chosen))
                gallery_folder.add(exhibit, shop)
    finally:
        if gallery_folder.cards:
            gallery_folder.write_page()
    seconds = round(time.perf_counter() - begun, 1)
    facts = {"out": str(out / INDEX), "examples": [card.name for card in gallery_folder.cards],
             "left_out": gallery_folder.left_out, "seconds": seconds}  # fmt: skip
    click.echo(json_line(facts) if as_json else gallery_folder.summary(seconds))


def choose(only: Sequence[str]) -> list[Exhibit]:
    """The exhibits of these names; all where none is named. NameUnknown for an unknown one."""
    known = {exhibit.name: exhibit for exhibit in EXHIBITS}
    for name in only:
        if name not in known:
            raise NameUnknown("example", name, known)
    return [exhibit for exhibit in EXHIBITS if not only or exhibit.name in only]


@dataclass
class GalleryFolder:
    """The folder of a gallery: the examples written so far, those left out and why."""

    out: Path
    model: str
    seed: int
    sounds: bool
    cards: list[Card] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)

    def add(self, exhibit: Exhibit, shop: Workshop) -> None:
        """Make an example and write its files; one that the model cannot make is left out."""
        try:
            song = exhibit.make(shop)
        except (ModelError, NameUnknown) as exc:
            self.left_out[exhibit.name] = str(exc)
            return
        self.cards.append(self._written(exhibit, song))

    def _written(self, exhibit: Exhibit, song: Song) -> Card:
        names = {kind: f"{exhibit.name}.{kind}" for kind in ("mid", "png", "wav")}
        midi_file.write(self.out / names["mid"], song)
        render_roll(song, self.out / names["png"], title=exhibit.title)
        if self.sounds:
            render_wav(song, self.out / names["wav"])
        sound = names["wav"] if self.sounds else ""
        return Card(exhibit.name, exhibit.title, exhibit.about, names["png"], sound, names["mid"])

    def write_page(self) -> None:
        """Write the web page that shows the examples."""
        about = f"Made by latent-bridge gallery with the model {self.model}, seed {self.seed}."
        text = page("Latent Bridge: gallery", about, self.cards)
        write_whole(self.out / INDEX, text.encode())

    def summary(self, seconds: float) -> str:
        """The number of examples, those left out and the page, in lines for a person."""
        lines = [f"{len(self.cards)} examples in {seconds:g} s."]
        lines += [f"  left out  {name}: {why}" for name, why in self.left_out.items()]
        return "\n".join([*lines, f"Written: {self.out / INDEX}"])

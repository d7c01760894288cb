"""Render lead sheets with MMA into aligned trios: ``python -m tools.data.render_leads``.

Each lead is rendered in random grooves of its metre; 4/4 also in triplets, 6/8 also in pairs of
bars of 12/8. Tunes are rendered on every core; what was rendered is written as one .npz that
``tools.data.build_dataset`` reads.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from bridge.music.grid import FOUR_FOUR, FOUR_FOUR_TRIPLETS, SIX_EIGHT, TWELVE_EIGHT
from bridge.music.tokens import fold_pitch, pitch_to_class
from bridge.system.atomic_write import write_whole
from tools.data.slots import line_of
from tools.data.sources.drummers import hits_to_slots
from tools.data.sources.leads import LeadSheet, read_leads
from tools.data.sources.mma import Groove, MmaError, Rendered, read_grooves, render

Lines = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint16]]
FILE_NAME = "rendered.npz"
KEPT_EVERY = 400
"""Tunes after which what is there is written."""
ART_MUSIC = "openscore"
"""Sources that no band plays: rendered in the rare metres alone, and in half as many grooves."""


@dataclass(frozen=True)
class Job:
    """A lead, and grooves of bars of one length; with ``pairs`` two bars of it are one of
    theirs."""

    lead: LeadSheet
    grooves: tuple[Groove, ...]
    pairs: bool = False


def jobs_of(lead: LeadSheet, grooves: dict[str, list[Groove]], count: int) -> Iterator[Job]:
    """The renderings of a lead in ``count`` grooves, chosen by its name."""
    seed = int.from_bytes(hashlib.sha256(f"{lead.name} {lead.metre.name}".encode()).digest()[:8])
    rng = np.random.default_rng(seed)
    if lead.metre == SIX_EIGHT:
        yield from _by_length(lead, _some(grooves["6/8"], count - count // 2, rng))
        if count > 1:
            yield Job(lead, tuple(_some(grooves["12/8"], count // 2, rng)), pairs=True)
    elif lead.metre in (TWELVE_EIGHT, FOUR_FOUR_TRIPLETS):
        yield from _by_length(lead, _some(grooves["12/8"], count, rng))
    else:
        yield from _by_length(lead, _some(grooves[lead.metre.name], count, rng))


def _some(grooves: Sequence[Groove], count: int, rng: np.random.Generator) -> list[Groove]:
    picked = rng.choice(len(grooves), size=min(count, len(grooves)), replace=False)
    return [grooves[i] for i in picked]


def _by_length(lead: LeadSheet, grooves: list[Groove]) -> Iterator[Job]:
    for beats in sorted({groove.beats for groove in grooves}):
        yield Job(lead, tuple(g for g in grooves if g.beats == beats))


def run_job(job: Job) -> list[tuple[str, Lines]] | str:
    """(``lead|metre|groove``, bass and drums in slots) of each groove; the message of a failure."""
    lead = job.lead
    bars = lead.bars - lead.bars % 2 if job.pairs else lead.bars
    per_bar = len(lead.beats) // lead.bars
    beats = lead.beats[: bars * per_bar]
    try:
        found = render(beats, bars // 2 if job.pairs else bars, job.grooves)
    except (MmaError, OSError) as exc:
        return f"{lead.name}: {exc}"
    metre = lead.metre.name
    return [
        (f"{lead.name}|{metre}|{each.groove}", _lines(lead, each, bars, 1 + job.pairs))
        for each in found
    ]


def _lines(lead: LeadSheet, rendered: Rendered, bars: int, in_one: int) -> Lines:
    step = rendered.ticks_per_bar / in_one / lead.metre.steps
    pitches = [pitch_to_class(fold_pitch(note.pitch)) for note in rendered.bass]
    voice = _single(rendered)
    bass = line_of([(a / step, b / step, i) for a, b, i in voice], bars, lead.metre, pitches)
    ticks = lead.metre.ticks_per_step
    hits = [(round(tick / step * ticks), drum) for tick, drum in rendered.drums]
    drums = hits_to_slots(hits, bars, lead.metre)
    return bass.astype(np.uint8), drums.astype(np.uint16)


def _single(rendered: Rendered) -> list[tuple[int, int, int]]:
    """The lowest bass note of each onset as (start, end, index), cut where the next begins."""
    lowest: dict[int, int] = {}
    for i, note in enumerate(rendered.bass):
        near = next((t for t in range(note.tick - 40, note.tick + 1) if t in lowest), note.tick)
        if near not in lowest or note.pitch < rendered.bass[lowest[near]].pitch:
            lowest[near] = i
    ticks = sorted(lowest)
    ends = [*ticks[1:], 1 << 60]
    return [
        (tick, min(rendered.bass[lowest[tick]].end, after), lowest[tick])
        for tick, after in zip(ticks, ends, strict=True)
    ]


def straight_grooves(folder: Path) -> list[Groove]:
    """The grooves in 4/4 of renderings that are there already (``lead|groove`` names)."""
    names: set[str] = set()
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as arrays:
            names |= {str(name).rsplit("|", 1)[1] for name in arrays["names"]}
    return [Groove(name, FOUR_FOUR.name, 4.0) for name in sorted(names)]


def all_jobs(data: Path, table: Path, counts: dict[str, int]) -> list[Job]:
    """The renderings of every lead of ``data``: ``counts`` of grooves by the leads' metre."""
    grooves: dict[str, list[Groove]] = {"4/4": straight_grooves(data / "trio")}
    for groove in read_grooves(table):
        grooves.setdefault(groove.metre, []).append(groove)
    rendered_before = rendered_leads(data / "trio")
    leads = [*read_leads(data / "leads"), *read_leads(data / "metres")]
    jobs: list[Job] = []
    for lead in leads:
        if lead.metre == FOUR_FOUR:
            if lead.source.startswith(ART_MUSIC):
                continue
            jobs += jobs_of(lead.swung(), grooves, counts["4/4t"])
            if lead.name not in rendered_before:
                jobs += jobs_of(lead, grooves, counts["4/4"])
        else:
            less = 2 if lead.source.startswith(ART_MUSIC) else 1
            jobs += jobs_of(lead, grooves, max(1, counts[lead.metre.name] // less))
    return jobs


def rendered_leads(folder: Path) -> set[str]:
    """The names of the leads of the renderings in a folder (``lead|groove``)."""
    names: set[str] = set()
    for path in folder.glob("*.npz"):
        with np.load(path, allow_pickle=False) as arrays:
            names |= {str(name).rsplit("|", 1)[0] for name in arrays["names"]}
    return names


def write(path: Path, pieces: list[tuple[str, Lines]]) -> None:
    """Write all renderings one after another, with their names and lengths in slots."""
    content = io.BytesIO()
    np.savez_compressed(
        content,
        bass=np.concatenate([bass for _, (bass, _) in pieces]),
        drums=np.concatenate([drums for _, (_, drums) in pieces]),
        lengths=np.array([len(bass) for _, (bass, _) in pieces]),
        names=np.array([name for name, _ in pieces]),
    )
    write_whole(path, content.getvalue())


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of leads/ and trio/")
    parser.add_argument(
        "--grooves", type=Path, help="table of MMA's grooves (metres/mma-grooves.tsv)"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write rendered.npz to")
    parser.add_argument("--count", default="4/4=3,4/4t=4,3/4=6,6/8=6,12/8=8", help="grooves a lead")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    args = parser.parse_args()
    counts = {k: int(v) for k, v in (pair.split("=") for pair in args.count.split(","))}
    table = args.grooves or args.data / "metres" / "mma-grooves.tsv"
    jobs = all_jobs(args.data, table, counts)
    args.out.mkdir(parents=True, exist_ok=True)
    # In a random order, so that what is written on the way is a fair part of the whole.
    order = np.random.default_rng(0).permutation(len(jobs))
    jobs = [jobs[i] for i in order]
    pieces: list[tuple[str, Lines]] = []
    failed: list[str] = []
    with ProcessPoolExecutor(args.processes) as pool:
        results = tqdm(pool.map(run_job, jobs, chunksize=4), total=len(jobs), unit="tune")
        for number, done in enumerate(results, 1):
            if isinstance(done, str):
                failed.append(done)
            else:
                pieces += done
            if number % KEPT_EVERY == 0:
                write(args.out / FILE_NAME, pieces)
    write(args.out / FILE_NAME, pieces)
    metres = Counter(name.split("|")[1] for name, _ in pieces)
    print(
        json.dumps({"pieces": dict(metres), "failed": len(failed), "first": failed[:5]}, indent=1)
    )


if __name__ == "__main__":
    main()

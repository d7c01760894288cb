"""The section of a model's card on its knobs and music neurons.

Its figures come from ``directions.npz`` and ``statistics.npz``.
"""

from __future__ import annotations

from pathlib import Path

from bridge.latent.analysis import LatentStatistics
from tools.export.card_sections import put_section

KNOBS = """\
## Knobs

What `direction:NAME` does on {count} knob positions of held-out codes ({split}). *Own* is the \
mean over codes of Spearman's correlation of the knob with its attribute in the bar that is \
played (aim: 0.9), *of the mean* the same of the mean over codes. *Others* is the same for the \
attributes that are to stay (aim: 0.3 at most), the three largest; *change* is from end to end, \
in deviations of the attribute over real bars.

| knob | own | of the mean | change | others |
|---|---|---|---|---|
{rows}

{own} of {all} knobs reach 0.9, {still} of {all} keep all others within 0.3. Knobs choose among \
{moves} moves of the code, voice by voice (`bridge/latent/steering.py`); moves were found on \
training windows.

"""

NEURONS = """\
## Music neurons

{carrying} of {latent} dimensions have a posterior variance under half of the prior's over \
{count} training windows. Those that bass and drums are decoded from are targets; information \
is mutual information in bits.

| target | dimension | variance | most of |
|---|---|---|---|
{rows}

"""
SECTION = "knobs"
"""Name of the section in CARD.md."""


def latent_part(folder: Path) -> str:
    """The text of the section, from the files of the folder; empty without them."""
    from bridge.model.library import read_spec, read_statistics

    return knob_table(folder) + neuron_table(read_statistics(folder, read_spec(folder)))


def knob_table(folder: Path) -> str:
    """The effect of each knob, from ``directions.npz``; empty where it was not measured."""
    import numpy as np

    if not (folder / "directions.npz").exists():
        return ""
    with np.load(folder / "directions.npz", allow_pickle=False) as file:
        if "order" not in file:
            return ""
        found = {key: file[key] for key in file.files}
    names = [str(name) for name in found["names"]]
    lines, own, still = [], 0, 0
    for row, name in enumerate(names):
        order = found["order"][row]
        others = sorted((i for i in range(len(names)) if i != row), key=lambda i: -abs(order[i]))
        own += bool(order[row] >= 0.895)
        still += bool(abs(order[others[0]]) <= 0.305)
        most = ", ".join(f"{names[i]} {order[i]:+.2f}" for i in others[:3])
        turned = found["change"][row, row]
        lines.append(
            f"| {name} | {order[row]:.2f} | {found['curve'][row]:.2f} | {turned:+.1f} | {most} |"
        )
    return KNOBS.format(
        rows="\n".join(lines), own=own, still=still, all=len(names), moves=len(found["moves"]),
        count=int(found["judged"]), split=str(found["split"]),
    )  # fmt: skip


def neuron_table(found: LatentStatistics | None) -> str:
    """The music neurons that are targets; empty without statistics."""
    if found is None:
        return ""
    lines = []
    for number, neuron in enumerate(found.neuron_targets(), 1):
        most = sorted(range(len(found.features)), key=lambda f: -found.information[neuron, f])[:3]
        text = ", ".join(f"{found.features[f]} {found.information[neuron, f]:.2f}" for f in most)
        variance = found.variance[neuron]
        lines.append(f"| `neuron:{number}` | {neuron} | {variance:.3f} | {text} |")
    return NEURONS.format(
        carrying=len(found.informative()), latent=len(found.variance), count=found.count,
        rows="\n".join(lines),
    )  # fmt: skip


def refresh(folder: Path) -> None:
    """Write the section on knobs and neurons of the folder's card again, if there is a card."""
    path = folder / "CARD.md"
    text = latent_part(folder)
    if not path.exists() or not text:
        return
    put_section(path, SECTION, text)

"""All graphs of a checkpoint by name, and their ports."""

from __future__ import annotations

from typing import Final

import numpy as np

from bridge.errors import ModelError
from bridge.model.musicvae.checkpoint import Checkpoint
from bridge.model.musicvae.decoder import decoder_graph
from bridge.model.musicvae.encoder import encoder_graph
from bridge.model.musicvae.family import Family, Head, family_of

Ports = dict[str, list[int | str]]

KINDS: Final = {
    "MelodyConverter": "melody",
    "MelodyRhythmConverter": "rhythm",
    "MelodyShapeConverter": "shape",
    "TrioConverter": "trio",
    "DrumsOneHotConverter": "drums",
    "DrumsConverter": "drums",
    "DrumRollConverter": "drums",
    "MultitrackConverter": "multitrack",
    "GrooveConverter": "groove",
}
"""Data converter -> kind of model in the library."""


def build(checkpoint: Checkpoint) -> tuple[Family, dict[str, bytes]]:
    """Build the graphs ``decoder`` and, if its tensors exist, ``encoder``: the contents of .onnx
    files with the ports of :func:`ports_of`.

    ModelError for tensors that are missing, unknown, of a wrong shape or not finite;
    ExtraMissing without the ``onnx`` package.
    """
    tensors = {name: np.asarray(value, np.float32) for name, value in checkpoint.tensors.items()}
    family = family_of(checkpoint.config, {name: value.shape for name, value in tensors.items()})
    for name, value in tensors.items():
        if not np.isfinite(value).all():
            raise ModelError(f"the tensor {name} has values that are not finite: fetch it again")
    graphs = {"decoder": decoder_graph(family, tensors)}
    if family.encoder:
        graphs["encoder"] = encoder_graph(family, tensors)
    return family, graphs


def ports_of(family: Family) -> dict[str, tuple[Ports, Ports]]:
    """(Inputs, outputs) of ``encoder`` and ``decoder``, in the form of ``model.yaml``."""
    groove = family.head is Head.GROOVE
    width = family.input_depth if groove else len(family.tracks)
    window: Ports = {"groove" if groove else "tokens": ["N", family.steps, width]}
    controls: Ports = {"controls": ["N", family.steps, family.controls]} if family.controls else {}
    code: Ports = {"z": ["N", family.latent]}
    draws: Ports = {"temperature": [], "noise": ["N", family.steps, family.draws]}
    output = window
    if family.by_bars:
        bars: list[int | str] = ["N", "K", family.segment_steps, family.draws]
        code["bars"], draws["noise"], output = ["K"], bars, {"tokens": bars}
    gaussian: Ports = {name: ["N", family.latent] for name in ("mu", "sigma")}
    return {
        "encoder": ({**window, **controls}, gaussian),
        "decoder": ({**code, **controls, **draws}, output),
    }

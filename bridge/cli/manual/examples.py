"""Examples of every command, for its ``--help`` and the man page: a line each, in one table."""

from __future__ import annotations

from typing import Final

EXAMPLES: Final[dict[str, tuple[str, ...]]] = {
    "accompany": ("accompany IN.mid -o OUT.mid --style rock", "accompany - -o - <IN.mid >OUT.mid",
                  "accompany IN.mid -o OUT.mid --style own --replace drums"),
    "analyze": ("analyze", "analyze trio-4bar -n 10 -o space.png"),
    "bench controls": ("bench controls --messages 10000",),
    "bench ears": ("bench ears DATA --pieces 20 --json",),
    "bench files": ("bench files --count 100",),
    "bench follow": ("bench follow --json",),
    "bench lock": ("bench lock --json",),
    "bench model": ("bench model --runs 20",),
    "bench screen": ("bench screen --json",),
    "bench start": ("bench start --runs 5",),
    "bench thru": ("bench thru --seconds 5",),
    "bench timing": ("bench timing --seconds 10 --json",),
    "chords": ("chords IN.mid", "chords IN.mid --line", "chords IN.mid -o CHORDS.mid"),
    "clock": ("clock 'My DAW'", "clock --virtual --seconds 30 --json"),
    "codes convert": ("codes convert CODES.npz -o CODES.wav",),
    "codes rates": ("codes rates CODES.wav --bpm 120",),
    "completion": ("completion bash >>~/.bashrc", "completion powershell >>$PROFILE"),
    "compose": ("compose --form song --seed 1 -o OUT.mid", "compose --list"),
    "daw install": ("daw install ardour",),
    "daw list": ("daw list",),
    "decode": ("decode CODES.npz -o OUT.mid --bpm 100",),
    "demo": ("demo", "demo --style rock --bars 8 -o demo"),
    "doctor": ("doctor", "doctor --json"),
    "encode": ("encode A.mid B.mid -o CODES.npz",),
    "gallery": ("gallery -o gallery", "gallery --list"),
    "history export": ("history export last -o OUT.mid",),
    "history list": ("history list -n 5",),
    "history name": ("history name last intro",),
    "history play": ("history play last --times 4", "history play intro --drums TR-8S"),
    "interpolate": ("interpolate A.mid B.mid --steps 5 -o OUT.mid",),
    "learn": ("learn 'volume drums' fills --in nanoKONTROL",),
    "man": ("man", "man -o ~/.local/share/man/man1/latent-bridge.1"),
    "mappings check": ("mappings check mine.yaml",),
    "mappings list": ("mappings list --json",),
    "mappings show": ("mappings show korg-nanokontrol2",),
    "mappings targets": ("mappings targets",),
    "models available": ("models available",),
    "models import": ("models import mel_2bar_small",),
    "models list": ("models list",),
    "models show": ("models show trio-4bar",),
    "models verify": ("models verify",),
    "monitor": ("monitor Keystation", "monitor --virtual --seconds 10"),
    "pathway": ("pathway trio-4bar mel_2bar_small --seed 3 -o paths",),
    "pattern": ("pattern CODES.npz fibo orale:amount=0.2 -o NEW.npz",),
    "play": ("play --in Keystation --drums TR-8S --style rock", "play --headless --clock virtual"),
    "ports": ("ports", "ports --json --backend jack"),
    "print": ("print", "print SONG.mid"),
    "prior": ("prior -n 8 --seed 2 -o OUT.mid",),
    "reconstruct": ("reconstruct IN.mid -o OUT.mid",),
    "restyle": ("restyle MELODY.mid --style-from BAND.mid -o OUT.mid",),
    "sample": ("sample -n 4 --seed 7 -o OUT.mid",),
    "stats": ("stats CODES.npz --png stats.png",),
    "styles": ("styles",),
    "synth": ("synth CODES.npz --length 32 --seed 1 -o NEW.npz",),
}  # fmt: skip
"""The words that call a command -> what to write after ``latent-bridge``."""


def examples_of(path: str, program: str = "latent-bridge") -> list[str]:
    """The examples of a command as whole lines; none for a group."""
    return [f"{program} {words}" for words in EXAMPLES.get(path, ())]

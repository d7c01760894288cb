"""A static web page of pictures and sounds beside it. No scripts and no external resources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

_STYLE = """
:root { color-scheme: dark; }
body { background: #0d0f15; color: #d9deea; font: 16px/1.5 system-ui, sans-serif;
       max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-weight: 600; } h2 { font-size: 1.1rem; margin: 0; } p { color: #8790a6; margin: .3rem 0; }
nav a { margin-right: .8rem; white-space: nowrap; } a { color: #8fa8ff; }
article { background: #141720; border-radius: .6rem; padding: 1rem; margin: 1.2rem 0; }
.roll { overflow-x: auto; } .roll img { display: block; height: 22rem; width: auto; }
audio { width: 100%; margin-top: .5rem; }
"""


@dataclass(frozen=True)
class Card:
    """One item of the page. ``picture``, ``sound`` and ``file`` are names of files beside it,
    empty for none."""

    name: str
    title: str
    about: str
    picture: str = ""
    sound: str = ""
    file: str = ""


def page(title: str, about: str, cards: Sequence[Card]) -> str:
    """The page as HTML. Names and texts are escaped."""
    links = "\n".join(f'<a href="#{quote(card.name)}">{escape(card.title)}</a>' for card in cards)
    body = "\n".join(_article(card) for card in cards)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{escape(title)}</h1>
<p>{escape(about)}</p>
<nav>
{links}
</nav>
{body}
</body>
</html>
"""


def _article(card: Card) -> str:
    lines = [
        f'<article id="{escape(card.name)}">',
        f"<h2>{escape(card.title)}</h2>",
        f"<p>{escape(card.about)}</p>",
    ]
    if card.picture:
        alt = escape(f"Piano roll: {card.title}")
        lines.append(f'<div class="roll"><img src="{quote(card.picture)}" alt="{alt}"></div>')
    if card.sound:
        lines.append(f'<audio controls preload="metadata" src="{quote(card.sound)}"></audio>')
    if card.file:
        lines.append(f'<p><a href="{quote(card.file)}" download>{escape(card.file)}</a></p>')
    return "\n".join([*lines, "</article>"])

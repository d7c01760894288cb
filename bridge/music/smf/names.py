"""The text of names in a file: decoded where the encoding is sure.

RP-001 asks for ASCII; files hold UTF-8, UTF-16, Shift-JIS and code pages, and do not say
which. Track names are a few bytes long, where detectors that go by statistics guess (of "Flöte"
in Latin-1 and "Бас" in CP1251 charset-normalizer makes Arabic and Japanese), so there are a few
strict rules here, and everything else is Latin-1. Bytes are only shown by this: what is
written is what was read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

FALLBACK: Final = "cp1252"
"""Latin-1 with typographic quotes and dashes, as Windows has it."""

_BOMS: Final = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_JAPANESE: Final = re.compile(r"[\u3041-\u30fe\u4e00-\u9fff]{2}")
_KANA: Final = re.compile(r"[\u3041-\u30fe]")
_FOREIGN: Final = re.compile(r"[^\x20-\x7e\u3000-\u30fe\u4e00-\u9fff\uff01-\uff5e]")
_CAPITAL: Final = r"[\u0410-\u042f\u0401]"
_LETTER: Final = r"[\u0430-\u044f\u0451]"
_ANY: Final = r"[\u0410-\u044f\u0401\u0451]"
_CYRILLIC_WORD: Final = re.compile(rf"\b(?:{_CAPITAL}?{_LETTER}{{2,}}|{_CAPITAL}{{2,}})\b")
_CAPITALISED: Final = re.compile(rf"\b{_CAPITAL}{_LETTER}{{2,}}\b")
_SMALL: Final = re.compile(rf"\b{_CAPITAL}?{_LETTER}{{2,}}\b")
_MIXED: Final = re.compile(rf"{_ANY}\w|\w{_ANY}")
_NO_CYRILLIC: Final = re.compile(r"[^\x20-\x7e\u0401\u0410-\u044f\u0451\u2014\u2116\xab\xbb]")


def sure_encoding(raw: bytes) -> str | None:
    """The encoding of a text where its bytes leave no doubt, else None.

    A byte order mark or valid UTF-8 (ASCII too) are sure; Shift-JIS and EUC-JP where all of it
    is Japanese with two such letters together, one of them kana or (Shift-JIS) with bytes that
    no Latin text has; CP1251 and KOI8-R where all letters outside ASCII are words in Cyrillic,
    one of them in small letters (KOI8-R: after a capital, for its small letters are CP1251's
    capitals).
    """
    for mark, encoding in _BOMS.items():
        if raw.startswith(mark):
            return encoding if _decoded(raw, encoding) is not None else None
    if _decoded(raw, "utf-8") is not None:
        return "utf-8"
    for encoding in ("cp932", "euc_jp"):
        text = _decoded(raw, encoding)
        if text is not None and _is_japanese(text, raw):
            return encoding
    for encoding, word in (("cp1251", _SMALL), ("koi8_r", _CAPITALISED)):
        text = _decoded(raw, encoding)
        if text is not None and word.search(text) and _is_cyrillic(text):
            return encoding
    return None


def common_encoding(texts: Iterable[bytes]) -> str:
    """The encoding for texts of one file that are not sure by themselves: that of most of those
    that are sure and are not UTF-8 or UTF-16, else :data:`FALLBACK`."""
    found = Counter(sure_encoding(raw) for raw in texts)
    legacy = {name: n for name, n in found.items() if name and not name.startswith("utf")}
    return max(legacy, key=lambda name: legacy[name], default=FALLBACK)


def readable(raw: bytes, common: str = FALLBACK) -> str:
    """A name's bytes as one printable line; ``common`` is the file's encoding."""
    text = _decoded(raw, sure_encoding(raw) or common)
    if text is None:
        text = raw.decode("latin-1")  # every byte is a letter in it
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _decoded(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _is_japanese(text: str, raw: bytes) -> bool:
    """True if all of it is ASCII and Japanese, two letters together, and surely no other."""
    no_latin = any(0x80 <= a < 0xA0 and b >= 0x80 for a, b in pairwise(raw))
    sure = no_latin or len(_KANA.findall(text)) >= 2
    return sure and bool(_JAPANESE.search(text)) and not _FOREIGN.search(text)


def _is_cyrillic(text: str) -> bool:
    """True if everything outside ASCII is in words of two letters and more, or single ones that
    stand alone."""
    rest = _CYRILLIC_WORD.sub("", text)
    return not _NO_CYRILLIC.search(text) and not _MIXED.search(rest)

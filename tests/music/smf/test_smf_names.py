"""Names in any encoding: shown as they are meant where that is sure, and never changed."""

from __future__ import annotations

import pytest

from bridge.cli.bench.files import END, chunk, file, notes
from bridge.music.smf.names import common_encoding, readable, sure_encoding
from bridge.music.smf.read import song_from
from bridge.music.smf.song import Song
from bridge.music.smf.write import song_bytes


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("Klavier ♯ 鍵盤", "utf-8"),
        ("Mélodie", "utf-8-sig"),
        ("Mélodie", "utf-16"),
        ("メロディ", "cp932"),
        ("ドラム 1", "cp932"),
        ("主旋律", "cp932"),
        ("Rhythm ギター", "cp932"),
        ("ベースギター", "euc_jp"),
        ("Гитара", "cp1251"),
        ("гитара", "cp1251"),
        ("Скрипка соло", "koi8_r"),
    ],
)
def test_a_name_in_a_sure_encoding_is_shown_as_it_is_meant(name: str, encoding: str) -> None:
    assert sure_encoding(name.encode(encoding)) == encoding
    assert readable(name.encode(encoding)) == name


@pytest.mark.parametrize(
    "name",
    ["Flöte", "Mélodie", "Contrebasse à cordes", "Guitarra española", "ÄÖÜ", "È più", "Ñandú",
     "“Live” 2"],
)  # fmt: skip
def test_european_names_are_not_taken_for_japanese_or_russian(name: str) -> None:
    raw = name.encode("cp1252")
    assert sure_encoding(raw) is None
    assert readable(raw) == name


def test_doubtful_names_are_in_the_encoding_of_the_sure_ones() -> None:
    texts = [name.encode("cp932") for name in ("メロディ", "音", "Piano")]
    assert sure_encoding(texts[1]) is None
    assert common_encoding(texts) == "cp932"
    named = [chunk(b"\x00\xff\x03" + bytes((len(t),)) + t + notes() + END) for t in texts]
    assert [track.name for track in song_from(file(*named)).tracks] == ["メロディ", "音", "Piano"]


@pytest.mark.parametrize(
    "raw", ["メロディ".encode("cp932"), "Mélodie".encode("utf-16"), b"Fl\xf6te"]
)
def test_a_name_is_written_as_the_bytes_it_was(raw: bytes) -> None:
    song = song_from(file(chunk(b"\x00\xff\x03" + bytes((len(raw),)) + raw + notes() + END)))
    assert b"\xff\x03" + bytes((len(raw),)) + raw in song_bytes(Song(song.tracks))


def test_any_byte_is_shown_somehow_on_one_line() -> None:
    for byte in range(256):
        text = readable(b"a" + bytes((byte,)) + b"b\n")
        assert text.isprintable()
        assert text.startswith("a")

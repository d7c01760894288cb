"""Who is let in to the pages, and who is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.ui.web.door import Door, door_on, is_loopback, name_of, new_token

TOKEN = "abcdefghijklmnopqrstuvwxyz0123456789-_ABCDE"
LOCAL = Door("127.0.0.1", 8722, TOKEN)
OPEN = Door("0.0.0.0", 8722, TOKEN, ("tower.local",))


def test_a_token_is_of_256_random_bits_and_never_the_same() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert {len(token) for token in tokens} == {43}


@pytest.mark.parametrize("rest", ["/", "/ws", "/static/js/textual.js", ""])
def test_a_request_with_the_token_by_a_name_of_this_machine_is_let_in(rest: str) -> None:
    for asked in ("127.0.0.1:8722", "localhost:9000", "[::1]:8722", "LOCALHOST"):
        assert LOCAL.refusal(f"/{TOKEN}{rest}", asked, None) == ""


@pytest.mark.parametrize(
    "path", ["/", "", "/ws", "/static/js/textual.js", f"/{TOKEN[:-1]}/", f"/{TOKEN}x/", "/é/ws",
             f"/x/{TOKEN}/"]
)  # fmt: skip
def test_a_request_without_the_token_is_refused(path: str) -> None:
    assert "token" in LOCAL.refusal(path, "127.0.0.1:8722", None)


@given(st.text())
def test_no_other_text_than_the_token_opens_the_door(text: str) -> None:
    refused = LOCAL.refusal(f"/{text}/", "localhost", None) != ""
    assert refused == (text.lstrip("/").split("/")[0] != TOKEN)


@pytest.mark.parametrize("asked", ["evil.example", "127.0.0.1.evil.example:8722", "", None,
                                   "192.168.1.9:8722", "a b", "x@evil.example"])  # fmt: skip
def test_another_name_in_the_host_header_is_refused_in_spite_of_the_token(
    asked: str | None,
) -> None:
    assert "is no name of this machine" in LOCAL.refusal(f"/{TOKEN}/", asked, None)


def test_a_page_of_another_site_is_refused_and_the_own_one_let_in() -> None:
    for origin in ("http://evil.example", "null", "http://localhost:8723", "https://"):
        assert LOCAL.refusal(f"/{TOKEN}/ws", "localhost:8722", origin) != ""
    for origin in ("http://localhost:8722", "https://localhost:8722"):
        assert LOCAL.refusal(f"/{TOKEN}/ws", "localhost:8722", origin) == ""


def test_on_all_addresses_addresses_and_given_names_are_let_in_and_no_other_name_is() -> None:
    for asked in ("192.168.1.9:8722", "[fe80::1]:8722", "tower.local:8722", "Tower.Local"):
        assert OPEN.refusal(f"/{TOKEN}/", asked, None) == ""
    assert OPEN.refusal(f"/{TOKEN}/", "evil.example:8722", None) != ""


@pytest.mark.parametrize(
    ("host", "address"),
    [("127.0.0.1", "http://127.0.0.1:8722/T/"), ("::1", "http://[::1]:8722/T/"),
     ("0.0.0.0", "http://127.0.0.1:8722/T/"), ("tower", "http://tower:8722/T/")],
)  # fmt: skip
def test_the_address_has_the_host_the_port_and_the_token(host: str, address: str) -> None:
    assert Door(host, 8722, "T").address() == address
    made = door_on(host, 1, ["x"])
    assert made.token in made.address()
    assert made.names == ("x",)


def test_names_are_read_from_the_host_header() -> None:
    assert name_of("[FE80::1]:80") == "fe80::1"
    assert name_of("Tower:80") == "tower"
    assert name_of("a/b") == ""


def test_loopback_is_told_from_other_addresses() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.9.9.9", "::1", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.0.1", "tower", "localhost.x")))

"""Asking a witness: plain addresses only, no redirects, no proxies, and an end to waiting and to reading."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from assent.errors import InvalidInput, Unavailable
from assent.witness import WitnessAddress, submit_checkpoint
from assent.witness.client import MAX_ANSWER_BYTES
from witness.running_witness import HOST

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nyes"


def read_request(connection: socket.socket) -> bytes:
    """Read headers and as much body as they announce; a client may send the two apart."""
    request = b""
    while b"\r\n\r\n" not in request or len(request) < request.index(b"\r\n\r\n") + 4 + announced_length(request):
        part = connection.recv(65_536)
        if not part:
            break
        request += part
    return request


def announced_length(request: bytes) -> int:
    found = re.search(rb"Content-Length: (\d+)", request)
    return int(found[1]) if found else 0


@contextmanager
def a_peer(answer: bytes, *, drips: bool = False) -> Iterator[tuple[str, list[bytes]]]:
    """Something that listens, keeps what it is asked, and answers one connection after the other with these bytes."""
    asked: list[bytes] = []
    listener = socket.create_server((HOST, 0))

    def answer_all() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                asked.append(read_request(connection))
                for part in [answer[n : n + 1] for n in range(len(answer))] if drips else [answer]:
                    connection.sendall(part)
                    time.sleep(0.05 if drips else 0)

    thread = threading.Thread(target=answer_all)
    thread.start()
    try:
        yield f"http://{HOST}:{listener.getsockname()[1]}/prefix/", asked
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.mark.enable_socket
def test_a_submission_is_posted_below_the_prefix() -> None:
    with a_peer(OK) as (url, asked):
        answer = submit_checkpoint(url, b"old 0\n")

    assert (answer.status, answer.content_type, answer.body) == (200, "text/plain", b"yes")
    assert asked[0].startswith(b"POST /prefix/add-checkpoint HTTP/1.1\r\n")
    assert asked[0].endswith(b"\r\n\r\nold 0\n")


@pytest.mark.enable_socket
def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with a_peer(OK) as (elsewhere, asked_elsewhere):
        redirect = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\n\r\n"
        with a_peer(redirect.encode()) as (url, _):
            answer = submit_checkpoint(url, b"body")

    assert answer.status == 307
    assert asked_elsewhere == []


@pytest.mark.enable_socket
def test_no_proxy_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with a_peer(OK) as (proxy, asked_proxy), a_peer(OK) as (url, asked):
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy)
        submit_checkpoint(url, b"body")

    assert asked_proxy == []
    assert len(asked) == 1


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(b"", "no answer", id="nothing"),
        pytest.param(b"nonsense\r\n\r\n", "no answer", id="no HTTP"),
        pytest.param(OK[:-1], "no answer|cut off", id="cut off"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (MAX_ANSWER_BYTES + 1), "longer than", id="without end"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n" + b"x" * (MAX_ANSWER_BYTES + 1),
            "longer than",
            id="too long",
        ),
    ],
)
def test_an_answer_that_is_none_is_refused(answer: bytes, reason: str) -> None:
    with a_peer(answer) as (url, _), pytest.raises(Unavailable, match=reason):
        submit_checkpoint(url, b"body")


@pytest.mark.enable_socket
@pytest.mark.parametrize("length", [2, 0], ids=["in the body", "in the head"])
def test_an_answer_that_drips_in_is_given_up(length: int) -> None:
    dripping = OK * 50 if length else b"HTTP/1.1 200 OK\r\nX: " + b"x" * 5_000
    start = time.monotonic()

    with a_peer(dripping, drips=True) as (url, _), pytest.raises(Unavailable):
        submit_checkpoint(url, b"body", exchange_seconds=0.3)

    assert time.monotonic() - start < 15


@pytest.mark.enable_socket
def test_a_witness_that_is_not_there_is_unavailable() -> None:
    with socket.create_server((HOST, 0)) as unused:
        port = unused.getsockname()[1]

    with pytest.raises(Unavailable, match="no answer: Connection refused"):
        submit_checkpoint(f"http://{HOST}:{port}", b"body")


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("http://w.example", "w.example", None, "/add-checkpoint"),
        ("https://w.example:8443/a/b/", "w.example", 8443, "/a/b/add-checkpoint"),
        ("http://[::1]:80/x", "::1", 80, "/x/add-checkpoint"),
    ],
)
def test_an_address_is_taken_apart(url: str, host: str, port: int | None, path: str) -> None:
    address = WitnessAddress.from_url(url)

    assert (address.host, address.port, address.path) == (host, port, path)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "w.example/prefix",
        "ftp://w.example",
        "file:///etc/passwd",
        "http://",
        "http://user:secret@w.example",
        "http://w.example/?query",
        "http://w.example/#part",
        "http://w.example:port",
        "http://w.example:99999",
        "http://w.example/a\r\nHost: other",
        "http://w.example/\N{LATIN SMALL LETTER E WITH ACUTE}",
        "http://[::1",
    ],
)
def test_an_address_that_is_not_plain_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="address"):
        submit_checkpoint(url, b"body")

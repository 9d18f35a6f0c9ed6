"""The witness over HTTP: statuses and types on the wire, keep-alive, and bounds on bodies, times and connections."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from assent.errors import Unavailable
from assent.witness import MAX_SUBMISSION_BYTES, SIZE_CONTENT_TYPE, WitnessServer
from assent.witness.server import MAX_CONNECTIONS
from witness.running_witness import (
    HOST,
    PATH,
    Reply,
    a_submission,
    an_open_witness,
    count_cosigners,
    make_witness,
    post,
    serving,
)

pytestmark = pytest.mark.enable_socket


@contextmanager
def a_served_witness(folder: Path, **options: Any) -> Iterator[int]:
    """A witness that has seen five entries; its port comes back."""
    make_witness(folder)
    with an_open_witness(folder) as witness:
        witness.answer(a_submission(0, 5))
        with serving(WitnessServer((HOST, 0), witness, **options)) as port:
            yield port


def send_raw(port: int, request: bytes, *, seconds: float = 20) -> bytes:
    """Send bytes as they are and read until the server closes."""
    with socket.create_connection((HOST, port), timeout=seconds) as connection:
        connection.sendall(request)
        received = b""
        while chunk := connection.recv(65_536):
            received += chunk
        return received


@pytest.mark.parametrize(
    ("body", "status", "content_type"),
    [
        pytest.param(a_submission(5, 8), 200, "text/plain; charset=utf-8", id="continues"),
        pytest.param(a_submission(9, 8), 400, "text/plain; charset=utf-8", id="malformed"),
        pytest.param(a_submission(5, 8).replace(b"\n8\n", b"\n9\n"), 403, "text/plain; charset=utf-8", id="forged"),
        pytest.param(a_submission(5, 8).replace(b"ledger.", b"other."), 404, "text/plain; charset=utf-8", id="unknown"),
        pytest.param(a_submission(0, 8), 409, SIZE_CONTENT_TYPE, id="other size"),
        pytest.param(a_submission(5, 5, changed_from=3), 409, SIZE_CONTENT_TYPE, id="other root"),
        pytest.param(a_submission(5, 8, changed_from=3), 422, "text/plain; charset=utf-8", id="other history"),
    ],
)
def test_each_status_is_on_the_wire(body: bytes, status: int, content_type: str, tmp_path: Path) -> None:
    with a_served_witness(tmp_path / "w") as port:
        answer = post(port, body)

    assert (answer.status, answer.content_type) == (status, content_type)
    assert answer.body.endswith(b"\n")
    assert (answer.body == b"5\n") == (status == HTTPStatus.CONFLICT)


def test_a_connection_carries_several_requests(tmp_path: Path) -> None:
    keys = make_witness(tmp_path / "keys")
    with a_served_witness(tmp_path / "w") as port, closing(HTTPConnection(HOST, port, timeout=20)) as connection:
        replies = []
        for old, new in ((0, 8), (5, 8), (8, 9)):
            connection.request("POST", PATH, a_submission(old, new))
            answer = connection.getresponse()
            replies.append(Reply(answer.status, None, answer.read()))
            assert answer.version == 11
            assert answer.getheader("Server") == "assent-witness"

    assert [reply.status for reply in replies] == [409, 200, 200]
    assert count_cosigners(a_submission(5, 8), replies[1].body, keys) == 0, "keys of another witness"


def test_the_prefix_is_part_of_the_path(tmp_path: Path) -> None:
    with a_served_witness(tmp_path / "w", prefix="/board/") as port:
        inside = post(port, a_submission(5, 8), "/board/add-checkpoint")
        outside = post(port, a_submission(8, 9))

    assert (inside.status, outside.status) == (200, 404)


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        pytest.param(f"POST {PATH} HTTP/1.1\r\nHost: x\r\n\r\n", 411, id="no length"),
        pytest.param(f"POST {PATH} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411, id="chunked"),
        pytest.param(
            f"POST {PATH} HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 411, id="both"
        ),
        pytest.param(f"POST {PATH} HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", 411, id="two lengths"),
        pytest.param(f"POST {PATH} HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 411, id="negative length"),
        pytest.param(f"POST {PATH} HTTP/1.1\r\nContent-Length: {MAX_SUBMISSION_BYTES + 1}\r\n\r\n", 413, id="too long"),
        pytest.param(f"POST {PATH} HTTP/1.1\r\nContent-Length: {'9' * 5000}\r\n\r\n", 413, id="absurdly long"),
        pytest.param("POST /elsewhere HTTP/1.1\r\nContent-Length: 3\r\n\r\n", 404, id="another path"),
        pytest.param(f"GET {PATH} HTTP/1.1\r\n\r\n", 405, id="reading"),
        pytest.param("GET / HTTP/1.1\r\n\r\n", 404, id="reading elsewhere"),
        pytest.param(f"PUT {PATH} HTTP/1.1\r\n\r\n", 501, id="another method"),
        pytest.param("nonsense\r\n\r\n", 400, id="no request"),
    ],
)
def test_what_is_no_submission_is_turned_away_and_the_connection_closed(
    request_head: str, status: int, tmp_path: Path
) -> None:
    with a_served_witness(tmp_path / "w") as port:
        received = send_raw(port, request_head.encode())
        still_works = post(port, a_submission(5, 8))

    assert f" {status} ".encode() in received or f"Error code: {status}".encode() in received
    assert still_works.status == 200


def drip(connection: socket.socket) -> None:
    for _ in range(1_000):
        connection.sendall(b"x")
        time.sleep(0.02)


@pytest.mark.parametrize(
    "head", [b"", f"POST {PATH} HTTP/1.1\r\nContent-Length: 500\r\n\r\nold 5\n".encode()], ids=["head", "body"]
)
def test_a_client_that_drips_is_cut_off_in_the_end(head: bytes, tmp_path: Path) -> None:
    with a_served_witness(tmp_path / "w", connection_seconds=0.3) as port:
        start = time.monotonic()
        with socket.create_connection((HOST, port), timeout=20) as connection:
            connection.sendall(head)
            with pytest.raises((ConnectionResetError, BrokenPipeError)):
                drip(connection)
        seconds = time.monotonic() - start
        still_works = post(port, a_submission(5, 8))

    assert 0.2 < seconds < 10
    assert still_works.status == 200


def test_more_connections_than_there_are_places_are_closed_and_the_others_served(tmp_path: Path) -> None:
    with a_served_witness(tmp_path / "w", connection_seconds=1.5) as port:
        idle = [socket.create_connection((HOST, port), timeout=20) for _ in range(MAX_CONNECTIONS + 10)]
        closed = 0
        for connection in idle[MAX_CONNECTIONS:]:
            closed += connection.recv(1) == b""
        for connection in idle[:MAX_CONNECTIONS]:
            assert connection.recv(1) == b"", "an idle connection ends when its time is over"
        for connection in idle:
            connection.close()
        served = post(port, a_submission(5, 8))

    assert closed == 10
    assert served.status == 200


def test_a_witness_that_cannot_remember_says_so_and_signs_nothing(tmp_path: Path) -> None:
    make_witness(tmp_path / "w")
    with an_open_witness(tmp_path / "w") as witness:
        witness._memory._connection.execute("DROP TABLE seen")
        with serving(WitnessServer((HOST, 0), witness)) as port:
            answer = post(port, a_submission(0, 5))

    assert answer.status == 503
    assert b"witness.example" not in answer.body


def test_statuses_are_reported_and_nothing_else(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    reported: list[HTTPStatus] = []
    with a_served_witness(tmp_path / "w", report=reported.append) as port:
        for body in (a_submission(5, 8), b"x", a_submission(0, 9)):
            post(port, body)

    assert reported == [200, 400, 409]
    assert capfd.readouterr() == ("", "")


def test_an_address_that_is_taken_is_refused(tmp_path: Path) -> None:
    with (
        a_served_witness(tmp_path / "w") as port,
        an_open_witness(tmp_path / "w") as witness,
        pytest.raises(Unavailable, match="cannot listen"),
    ):
        WitnessServer((HOST, port), witness)

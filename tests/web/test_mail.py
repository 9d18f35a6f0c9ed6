"""Mails that say that something waits, handed to a real SMTP server; never with anything in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from assent.errors import InvalidInput, NotFound, RoleMissing, Unavailable
from assent.mandates import Role
from assent.services.deliver_mail import MOST_TRIES, deliver_mail
from assent.services.keep_house import keep_house
from assent.services.mail_server import hand_over
from assent.services.notify import NoticeKind, notify, notify_of_ending_licences, read_mail_address, set_mail_address
from assent.services.open_deployment import open_runtime
from assent.services.runtime import Runtime
from assent.settings import Settings
from demo_deployments import Deployment, act_as
from services.approval_desks import DAY, HOUR, Clock, demand_approval
from web.search_forms import add_named, search_at_once
from web.sites import Site, open_site

URL = "https://assent.example"
ADDRESS = "approver@board.example"


@dataclass
class MailBox:
    """What a mail server took, and whether it is broken for now."""

    messages: list[Any] = field(default_factory=list)
    is_broken: bool = False

    def take(self, _settings: Settings, message: EmailMessage) -> None:
        """Take a mail, in place of a server."""
        if self.is_broken:
            raise Unavailable("The mail server took nothing (for this test).")
        self.messages.append(message)


@pytest.fixture
def desk(bare: Deployment) -> Iterator[Site]:
    """A site with a mail server named, whose licence demands approval; the approver left an address."""
    prepared = demand_approval(bare)
    settings = replace(prepared.settings, mail_host="127.0.0.1", mail_sender="assent@assent.example")
    with open_runtime(settings, Clock()) as runtime:
        site = open_site(prepared, runtime)
        add_named(site, "approver", Role.APPROVER)
        set_mail_address(runtime, act_as(runtime, Role.APPROVER), ADDRESS)
        yield site


def move_on(runtime: Runtime, by: timedelta) -> None:
    """Let time pass."""
    assert isinstance(runtime.clock, Clock)
    runtime.clock.ahead += by


def test_approver_hears_that_something_waits_and_nothing_else(desk: Site) -> None:
    box = MailBox()
    search_at_once(desk, desk.as_role("searcher"), justification="Justified at length.")

    assert deliver_mail(desk.runtime, URL, box.take) == 1
    assert deliver_mail(desk.runtime, URL, box.take) == 0

    (message,) = box.messages
    text = message.as_string()
    assert message["To"] == ADDRESS
    assert message["From"] == "assent@assent.example"
    assert f"{URL}/approvals" in message.get_content()
    assert not message.is_multipart()
    for secret in ("2026/0117", "searcher", "Justified", "reunite", "s_", "l_", "approver "):
        assert secret not in text


def test_searcher_hears_of_a_decision_and_reviewers_of_none(desk: Site) -> None:
    searcher, approver, box = desk.as_role("searcher"), desk.as_role("approver"), MailBox()
    set_mail_address(desk.runtime, act_as(desk.runtime, Role.SEARCHER), "searcher@desk.example")
    path = search_at_once(desk, searcher).headers["location"]

    approver.post_form(path.replace("/searches/", "/approvals/") + "/approve")
    deliver_mail(desk.runtime, URL, box.take)

    assert [message["To"] for message in box.messages] == [ADDRESS, "searcher@desk.example"]
    assert f"{URL}/searches" in box.messages[1].get_content()


def test_broken_server_delays_no_request_and_is_tried_again(desk: Site) -> None:
    box = MailBox(is_broken=True)

    assert search_at_once(desk, desk.as_role("searcher")).status_code == 303
    assert deliver_mail(desk.runtime, URL, box.take) == 0
    box.is_broken = False
    assert deliver_mail(desk.runtime, URL, box.take) == 0
    move_on(desk.runtime, 2 * timedelta(minutes=1))
    assert deliver_mail(desk.runtime, URL, box.take) == 1


def test_mail_that_nobody_takes_is_given_up(desk: Site) -> None:
    box = MailBox(is_broken=True)
    search_at_once(desk, desk.as_role("searcher"))

    for _ in range(MOST_TRIES):
        deliver_mail(desk.runtime, URL, box.take)
        move_on(desk.runtime, 7 * HOUR)
    box.is_broken = False

    assert deliver_mail(desk.runtime, URL, box.take) == 0


def test_one_mail_is_enough_for_many_requests_and_the_next_comes_an_hour_later(desk: Site) -> None:
    searcher, box = desk.as_role("searcher"), MailBox()
    search_at_once(desk, searcher)
    search_at_once(desk, searcher)

    assert deliver_mail(desk.runtime, URL, box.take) == 1
    search_at_once(desk, searcher)
    assert deliver_mail(desk.runtime, URL, box.take) == 0
    move_on(desk.runtime, HOUR + timedelta(minutes=1))
    assert deliver_mail(desk.runtime, URL, box.take) == 1


def test_nobody_without_an_address_or_a_configured_server_gets_mail(desk: Site) -> None:
    box = MailBox()
    set_mail_address(desk.runtime, act_as(desk.runtime, Role.APPROVER), "")
    search_at_once(desk, desk.as_role("searcher"))

    assert deliver_mail(desk.runtime, URL, box.take) == 0
    assert read_mail_address(desk.runtime, act_as(desk.runtime, Role.APPROVER)) == ""


def test_holder_hears_once_of_a_licence_that_ends_within_a_week(desk: Site) -> None:
    box = MailBox()
    set_mail_address(desk.runtime, act_as(desk.runtime, Role.SEARCHER), "searcher@desk.example")

    notify_of_ending_licences(desk.runtime)
    assert deliver_mail(desk.runtime, URL, box.take) == 0
    move_on(desk.runtime, 25 * DAY)
    for _ in range(3):
        notify_of_ending_licences(desk.runtime)
        deliver_mail(desk.runtime, URL, box.take)

    assert [message["To"] for message in box.messages] == ["searcher@desk.example"]


def test_address_is_set_on_the_page_sealed_and_shown_to_its_member_only(desk: Site) -> None:
    approver = desk.as_role("approver")

    kept = approver.post_form("/account/mail", {"address": "new.address@board.example"})
    page = approver.get("/account/mail").text
    wrong = approver.post_form("/account/mail", {"address": '"><script>@x'})

    assert kept.status_code == 303
    assert "new.address@board.example" in page
    assert wrong.status_code == 422
    assert "<script>@x" not in wrong.text
    assert b"new.address" not in desk.deployment.database.read_bytes()
    assert "new.address" not in desk.as_role("searcher").get("/account/mail").text


@pytest.mark.parametrize(
    "address",
    ["nobody", "a@b@c.example", "a b@c.example", "a@c.example\nBcc: d@e.f", "@c.example", "a@" + "c" * 260],
)
def test_what_is_no_address_is_refused(desk: Site, address: str) -> None:
    with pytest.raises(InvalidInput):
        set_mail_address(desk.runtime, act_as(desk.runtime, Role.APPROVER), address)


def test_only_an_administrator_sets_the_address_of_another(desk: Site) -> None:
    approver, admin = act_as(desk.runtime, Role.APPROVER), act_as(desk.runtime, Role.ADMINISTRATOR)

    with pytest.raises(RoleMissing):
        set_mail_address(desk.runtime, approver, "a@b.example", member="searcher")
    with pytest.raises(NotFound):
        set_mail_address(desk.runtime, admin, "a@b.example", member="nobody")
    set_mail_address(desk.runtime, admin, "a@b.example", member="searcher")
    assert read_mail_address(desk.runtime, act_as(desk.runtime, Role.SEARCHER)) == "a@b.example"


class Peer:
    """An SMTP server's handler that keeps what it is handed."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.came = Event()

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        """Take a mail."""
        self.received.append(envelope.content)
        self.came.set()
        return "250 OK"


def check_login(_server: object, _session: object, _envelope: object, _mechanism: str, given: Any) -> AuthResult:
    """Let in whoever has the password."""
    return AuthResult(success=given == LoginPassword(b"assent", b"open sesame"))


class Listening(Controller):
    """A server on a port that the system chose."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def peer() -> Iterator[tuple[Peer, int]]:
    """A real SMTP server that demands a password, on a port that the system chose."""
    handler = Peer()
    controller = Listening(
        handler, hostname="127.0.0.1", port=0, ready_timeout=60, authenticator=check_login,
        auth_require_tls=False,
    )  # fmt: skip
    controller.start()
    try:
        yield handler, controller.port
    finally:
        controller.stop()


def configure(settings: Settings, port: int, password: Path, text: str = "open sesame\n") -> Settings:
    """Name the server."""
    password.write_text(text)
    return replace(
        settings, mail_host="127.0.0.1", mail_port=port, mail_security="none", mail_user="assent",
        mail_password_file=password, mail_sender="assent@assent.example",
    )  # fmt: skip


@pytest.mark.enable_socket
def test_thread_beside_the_server_hands_mails_to_a_real_server(
    bare: Deployment, tmp_path: Path, peer: tuple[Peer, int]
) -> None:
    handler, port = peer
    with open_runtime(configure(bare.settings, port, tmp_path / "password")) as runtime:
        searcher, stop = act_as(runtime, Role.SEARCHER), Event()
        set_mail_address(runtime, searcher, "searcher@desk.example")
        with runtime.database.transaction() as transaction:
            notify(runtime, transaction, NoticeKind.ACCOUNT_RESET, [searcher.member.id])
        thread = Thread(target=keep_house, args=(runtime, URL, stop))
        thread.start()
        try:
            assert handler.came.wait(60)
        finally:
            stop.set()
            thread.join(60)

    message = message_from_bytes(handler.received[0], policy=policy.default)
    assert message["To"] == "searcher@desk.example"
    assert f"{URL}/account" in message.get_content()


@pytest.mark.enable_socket
def test_refused_password_and_missing_server_are_unavailable(
    bare: Deployment, tmp_path: Path, peer: tuple[Peer, int]
) -> None:
    handler, port = peer
    message = EmailMessage()
    message["From"], message["To"] = "a@b.example", "c@d.example"

    with pytest.raises(Unavailable):
        hand_over(configure(bare.settings, port, tmp_path / "password", "wrong"), message)
    with pytest.raises(Unavailable):
        hand_over(replace(configure(bare.settings, port, tmp_path / "password"), mail_security="tls"), message)
    with pytest.raises(Unavailable):
        hand_over(replace(configure(bare.settings, port, tmp_path / "password"), mail_security="starttls"), message)
    with pytest.raises(InvalidInput):
        hand_over(replace(configure(bare.settings, port, tmp_path / "password"), mail_security="hope"), message)

    assert handler.received == []

"""Mails travel protected: STARTTLS with a certificate that is checked."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from assent.errors import Unavailable
from assent.services.mail_server import hand_over
from assent.settings import Settings
from web.test_mail import Listening, Peer


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that signs itself, with its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def protected(certificate: Path) -> Iterator[tuple[Peer, int]]:
    """A real SMTP server that takes nothing before STARTTLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    handler = Peer()
    controller = Listening(
        handler, hostname="127.0.0.1", port=0, ready_timeout=60, tls_context=context, require_starttls=True
    )
    controller.start()
    try:
        yield handler, controller.port
    finally:
        controller.stop()


@pytest.mark.enable_socket
def test_mail_goes_through_starttls_and_only_to_a_server_that_is_known(
    protected: tuple[Peer, int], certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler, port = protected
    settings = replace(
        Settings.from_environment({"ASSENT_DATA": str(tmp_path / "data")}), mail_host="127.0.0.1", mail_port=port
    )
    message = EmailMessage()
    message["From"], message["To"] = "a@b.example", "c@d.example"
    message.set_content("Something waits for you.")

    with pytest.raises(Unavailable):
        hand_over(settings, message)
    assert handler.received == []

    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    hand_over(settings, message)
    assert b"Something waits for you." in handler.received[0]

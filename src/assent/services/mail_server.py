"""Hand mails to the SMTP server that the operator configured (RFC 5321; TLS by RFC 8314, STARTTLS by RFC 3207)."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from enum import StrEnum

from assent.errors import InvalidInput, Unavailable
from assent.settings import Settings

TIMEOUT_SECONDS = 20


class MailSecurity(StrEnum):
    """How the connection is protected; without protection only for a server on the same machine."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


def hand_over(settings: Settings, message: EmailMessage) -> None:
    """Hand one mail over. Raises Unavailable where that does not work now, InvalidInput for settings that cannot be."""
    try:
        security = MailSecurity(settings.mail_security)
    except ValueError:
        raise InvalidInput(f"Mail security is one of {', '.join(MailSecurity)}.") from None
    try:
        with _connect(settings, security) as server:
            if settings.mail_user:
                server.login(settings.mail_user, _read_password(settings))
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        # The server's own words may repeat the address, so only the kind of failure is told.
        raise Unavailable(f"The mail server took nothing ({type(error).__name__}); it is tried again later.") from None


def _connect(settings: Settings, security: MailSecurity) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if security is MailSecurity.TLS:
        return smtplib.SMTP_SSL(settings.mail_host, settings.mail_port, timeout=TIMEOUT_SECONDS, context=context)
    server = smtplib.SMTP(settings.mail_host, settings.mail_port, timeout=TIMEOUT_SECONDS)
    if security is MailSecurity.STARTTLS:
        try:
            server.starttls(context=context)
        except BaseException:
            server.close()
            raise
    return server


def _read_password(settings: Settings) -> str:
    if settings.mail_password_file is None:
        raise InvalidInput("A mail user is set without a password file; set ASSENT_MAIL_PASSWORD_FILE.")
    return settings.mail_password_file.read_text("utf-8").strip()

"""Send a mail to oneself, to see whether the mail server takes it."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage

from assent.errors import InvalidInput
from assent.mandates import Actor, Role
from assent.services.deliver_mail import write_mail
from assent.services.mail_server import hand_over
from assent.services.notify import read_mail_address
from assent.services.runtime import Runtime
from assent.settings import Settings

Post = Callable[[Settings, EmailMessage], None]


def send_test_mail(runtime: Runtime, actor: Actor, link: str, post: Post = hand_over) -> None:
    """Send one now; takes an administrator. Raises RoleMissing, InvalidInput for what is not set, Unavailable."""
    actor.require_role(Role.ADMINISTRATOR)
    if not runtime.settings.mail_host:
        raise InvalidInput("No mail server is set up; see ASSENT_MAIL_HOST in docs/settings.md.")
    address = read_mail_address(runtime, actor)
    if not address:
        raise InvalidInput("You have left no address yet; do so in 'My account'.")
    post(runtime.settings, write_mail(runtime.settings.mail_sender, address, link))

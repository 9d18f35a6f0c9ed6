"""Send the mails that wait, one process at a time for each, again and again until the server takes them or days passed.

Nothing that somebody waits for happens here: whatever the mail server does, no request is delayed by it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

from assent.errors import AssentError
from assent.services.mail_server import hand_over
from assent.services.notify import NoticeKind
from assent.services.runtime import Runtime
from assent.settings import Settings
from assent.storage import mail as stored_mail
from assent.storage.mail import WaitingMail

Post = Callable[[Settings, EmailMessage], None]

MOST_TRIES = 12
FIRST_DELAY = timedelta(minutes=1)
LONGEST_DELAY = timedelta(hours=6)
KEPT_SENT = timedelta(days=60)
"""How long it is remembered that a mail was sent: longer than any licence is told of before its end."""

MAILS_A_ROUND = 50

_PATHS = {
    NoticeKind.APPROVAL_WANTED: "/approvals",
    NoticeKind.REQUEST_DECIDED: "/searches",
    NoticeKind.REVIEW_WANTED: "/reviews",
    NoticeKind.LICENCE_ENDING: "/searches",
    NoticeKind.ACCOUNT_RESET: "/account",
}
_SUBJECT = "Assent: something waits for you / iets wacht op u / quelque chose vous attend"
_SENTENCES = (
    "Something waits for you. Sign in to see it:",
    "Er wacht iets op u. Meld u aan om het te zien:",
    "Quelque chose vous attend. Connectez-vous pour le voir :",
)
_FOOTER = (
    "On purpose, this mail says no more than that.",
    "Met opzet staat er niets meer in deze mail.",
    "Ce message n'en dit pas plus, et c'est voulu.",
)

_log = logging.getLogger(__name__)


def deliver_mail(runtime: Runtime, public_url: str, post: Post = hand_over) -> int:
    """Try to send every mail that is due; how many the server took comes back."""
    if not runtime.settings.mail_host:
        return 0
    at = runtime.clock()
    with runtime.database.snapshot() as view:
        due = stored_mail.load_due(view, at, MAILS_A_ROUND)
    return sum(_deliver_one(runtime, public_url, post, mail) for mail in due)


def write_mail(sender: str, address: str, link: str) -> EmailMessage:
    """Write a mail: the same words in three languages whatever waits, and the link."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, address, _SUBJECT
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence notice answers
    body = [f"{sentence}\n{link}\n{footer}\n" for sentence, footer in zip(_SENTENCES, _FOOTER, strict=True)]
    message.set_content("\n".join(body))
    return message


def _deliver_one(runtime: Runtime, public_url: str, post: Post, mail: WaitingMail) -> bool:
    at = runtime.clock()
    with runtime.database.transaction() as transaction:
        delay = min(LONGEST_DELAY, FIRST_DELAY * 2**mail.tries)
        if not stored_mail.claim_mail(transaction, mail, at + delay):
            return False
        address = stored_mail.find_address(transaction, runtime.vault, mail.member)
        if address is None:
            stored_mail.delete_mail(transaction, mail)
            return False
    link = public_url.rstrip("/") + _PATHS.get(NoticeKind(mail.kind), "/")
    try:
        post(runtime.settings, write_mail(runtime.settings.mail_sender, address, link))
    except AssentError as error:
        _log.warning("mail %s not sent: %s", mail.id, error.reason)
        if mail.tries + 1 >= MOST_TRIES:
            with runtime.database.transaction() as transaction:
                stored_mail.delete_mail(transaction, mail)
        return False
    with runtime.database.transaction() as transaction:
        sent_at = runtime.clock()
        stored_mail.record_sent(transaction, mail, sent_at)
        stored_mail.delete_sent_before(transaction, sent_at - KEPT_SENT)
    return True

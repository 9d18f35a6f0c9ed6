"""Which passwords are good enough: long, and none of those that everybody tries first (OWASP ASVS 5.0, V6.2)."""

from __future__ import annotations

import re
import unicodedata

from assent.errors import InvalidInput

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 128
_FEWEST_CHARACTERS = 5

_TRIED_FIRST = (
    "abcdefghijkl abcdefghijklm admin adminadmin administrator april assent assentassent august autumn "
    "azerty azertyazerty azertyuiop bienvenue changeme changemenow correcthorse correcthorsebatterystaple "
    "december default defaultpassword dragon facesearch february football iloveyou iloveyouforever "
    "january july june letmein letmeinnow letmeinplease login march master monkey motdepasse mypassword "
    "mypasswordis nopassword november october opensesame password passwordpassword passwort qazwsx "
    "qazwsxedc qazwsxedcrfv qwerty qwertyqwerty qwertyuiop qwertz qwertzuiop secret secretsecret "
    "september sesame spring summer sunshine superman temp temporary test testtest thisismypassword "
    "trustnoone wachtwoord welcome welcomewelcome welkom welkomwelkom winter zaqwsx zaqxswcde "
)
COMMON_WORDS = frozenset(_TRIED_FIRST.split())
"""What remains of the passwords tried first once digits and signs are taken away."""

_SEQUENCES = (
    "01234567890123456789",
    "98765432109876543210",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
)


def normalise_password(text: str) -> str:
    """Write a password in the one form that is hashed (NFKC), so that another keyboard types the same one."""
    return unicodedata.normalize("NFKC", text)


def check_password(text: str, *, handle: str) -> str:
    """Read a new password. Raises InvalidInput for one that is short, endless, common or the handle itself."""
    password = normalise_password(text)
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise InvalidInput(f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters; any are allowed.")
    letters = re.sub(r"[\W\d_]+", "", password.casefold())
    # Said twice is still the same word.
    once = letters[: (letters + letters).find(letters, 1)] if letters else ""
    own = re.sub(r"[\W\d_]+", "", handle)
    is_guessed = (
        len(set(password)) < _FEWEST_CHARACTERS
        or not COMMON_WORDS.isdisjoint({letters, once})
        or (own != "" and once == own)
        or any(password.casefold() in sequence for sequence in _SEQUENCES)
    )
    if is_guessed:
        raise InvalidInput("This password is among those that are tried first; a few random words make a good one.")
    return password

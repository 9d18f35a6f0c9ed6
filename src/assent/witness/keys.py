"""A witness's secret keys in one file that only its owner can read: Ed25519, and ML-DSA-44 where it is available."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from assent.errors import DeploymentExists, InvalidInput, KeysUnavailable, Unavailable
from assent.ledger import COSIGNATURE_TYPE, ML_DSA_44_TYPE, CosignerKey, has_ml_dsa
from assent.ledger.notes import decode_base64, encode_base64

KEY_FILE = "witness.key"
_HEADER = "assent-witness-key-v1"
_PRIVATE_MODE = 0o600


def create_keys(folder: Path, name: str) -> tuple[CosignerKey, ...]:
    """Make the keys of a new witness and write them, durably, into an existing folder.

    Raises InvalidInput for a name that no key can have, DeploymentExists if there is a key file already.
    """
    types = (COSIGNATURE_TYPE, ML_DSA_44_TYPE) if has_ml_dsa() else (COSIGNATURE_TYPE,)
    keys = tuple(CosignerKey.generate(name, signature_type) for signature_type in types)
    lines = [_HEADER, name, *(f"{key.signature_type} {encode_base64(key.secret)}" for key in keys)]
    try:
        descriptor = os.open(folder / KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.write("".join(f"{line}\n" for line in lines).encode())
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise DeploymentExists("A witness's keys lie in this folder already; they are never replaced.") from None
    except OSError as error:
        raise Unavailable(f"The witness's keys cannot be written: {error.strerror}.") from None
    return keys


def load_keys(folder: Path) -> tuple[CosignerKey, ...]:
    """Load what `create_keys` wrote. Raises KeysUnavailable if it is absent, damaged, or others can read it."""
    path = folder / KEY_FILE
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise KeysUnavailable(f"{KEY_FILE} cannot be read; 'assent witness init' makes a new witness.") from error
    if mode & 0o077:
        raise KeysUnavailable(f"The witness's keys can be read by others; run 'chmod 600' on {KEY_FILE}.")
    if len(lines) < len((_HEADER, "name", "key", "")) or lines[0] != _HEADER or lines[-1]:
        raise KeysUnavailable(f"The witness's keys ({KEY_FILE}) are damaged, or of another version of Assent.")
    try:
        return tuple(_read_key(lines[1], line) for line in lines[2:-1])
    except InvalidInput as error:
        raise KeysUnavailable(f"The witness's keys ({KEY_FILE}) are damaged: {error}.") from error


def _read_key(name: str, line: str) -> CosignerKey:
    kind, _, secret = line.partition(" ")
    if not kind.isdecimal():
        raise InvalidInput("a key's line does not begin with its type")
    return CosignerKey(name, int(kind), decode_base64(secret, "a secret key"))

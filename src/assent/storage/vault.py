"""The keys folder: a master key, and a keyring with one destroyable key for each person, search, case and member.

Values are sealed with AES-256-GCM (NIST SP 800-38D) under a subject's own key; subject keys are wrapped by the master
key in the same way. The keyring also holds the anchor: size and root of the last checkpoint that was signed.

Sealed bytes, version 1: `0x01 ‖ nonce (12) ‖ ciphertext ‖ tag (16)`, with what is sealed for whom as associated data.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from assent.errors import DeploymentExists, KeysUnavailable, NotFound
from assent.storage.disk import explain_os_error, write_file_durably

KEY_BYTES = 32
NONCE_BYTES = 12
SEAL_VERSION = b"\x01"
MASTER_HEADER = "assent-master-key-v1 "
PRIVATE_MODE = 0o600
FOLDER_MODE = 0o700

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE subject_keys (subject TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE destroyed (subject TEXT PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE secrets (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE anchor (id INTEGER PRIMARY KEY CHECK (id = 1), size INTEGER NOT NULL, root BLOB NOT NULL,
    signed INTEGER NOT NULL);
"""
_KEYRING_FORMAT = "1"


def seal(key: bytes, value: bytes, *, what: str) -> bytes:
    """Encrypt a value under a 32-byte key, bound to `what` it is and for whom."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return SEAL_VERSION + nonce + AESGCM(key).encrypt(nonce, value, what.encode())


def unseal(key: bytes, sealed: bytes, *, what: str) -> bytes:
    """Decrypt what `seal` made. Raises KeysUnavailable if key, binding or bytes are not the ones it was made with."""
    if sealed[:1] != SEAL_VERSION:
        raise KeysUnavailable("A sealed value has an unknown version; it was written by another version of Assent.")
    try:
        return AESGCM(key).decrypt(sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :], what.encode())
    except InvalidTag as error:
        raise KeysUnavailable(f"The value sealed as {what!r} does not open with its key.") from error


class Vault:
    """The open keys folder of one deployment; safe to share between threads."""

    def __init__(self, folder: Path, master_key: bytes, keyring: sqlite3.Connection) -> None:
        self.folder = folder
        self._master_key = master_key
        self._keyring = keyring
        self._lock = RLock()
        self._tag_key = HKDF(SHA256(), KEY_BYTES, salt=None, info=b"assent look-up tags v1").derive(master_key)

    @classmethod
    def create(cls, folder: Path, deployment: str) -> Self:
        """Make the folder (mode 0700), the master key and an empty keyring.

        Keys with which nothing was ever signed were left by a set-up that crashed, and are replaced.
        Raises DeploymentExists if the folder holds keys in use.
        """
        master_path = folder / "master.key"
        if master_path.exists() and _is_in_use(folder):
            raise DeploymentExists(
                "The keys folder already holds the keys of a deployment; they are never overwritten."
            )
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
            folder.chmod(FOLDER_MODE)
            master_path.unlink(missing_ok=True)
        except OSError as error:
            raise explain_os_error(error) from error
        master_key = secrets.token_bytes(KEY_BYTES)
        (folder / "keyring.db").unlink(missing_ok=True)
        keyring = _connect(folder)
        with keyring:
            keyring.executescript("BEGIN IMMEDIATE;" + _SCHEMA)
            keyring.executemany(
                "INSERT INTO meta VALUES (?, ?)", [("deployment", deployment), ("format", _KEYRING_FORMAT)]
            )
        # The master key comes last: without it the folder counts as empty, so that a crash here can be repeated.
        text = MASTER_HEADER + base64.b64encode(master_key).decode() + "\n"
        write_file_durably(master_path, text.encode(), mode=PRIVATE_MODE)
        return cls(folder, master_key, keyring)

    @classmethod
    def open(cls, folder: Path, deployment: str) -> Self:
        """Open the keys of this deployment. Raises KeysUnavailable with the reason, and changes nothing."""
        master_key = _read_master_key(folder)
        if not (folder / "keyring.db").exists():
            raise KeysUnavailable("The keys folder has no keyring (keyring.db); restore it from its own backup.")
        keyring = _connect(folder)
        try:
            meta = dict(keyring.execute("SELECT name, value FROM meta").fetchall())
        except sqlite3.DatabaseError as error:
            raise KeysUnavailable("The keyring cannot be read; restore keyring.db from its own backup.") from error
        if meta.get("format") != _KEYRING_FORMAT:
            raise KeysUnavailable(
                "The keyring was written by another version of Assent; use that version or a newer one."
            )
        if meta.get("deployment") != deployment:
            raise KeysUnavailable("The keys folder belongs to another deployment; set ASSENT_KEYS to the right one.")
        return cls(folder, master_key, keyring)

    def close(self) -> None:
        """Close the keyring."""
        with self._lock:
            self._keyring.close()

    # --- one key a subject -------------------------------------------------------------------------------------

    def make_key(self, subject: str) -> None:
        """Make and keep a key for a new subject, durably, before the first row that needs it."""
        wrapped = seal(self._master_key, secrets.token_bytes(KEY_BYTES), what=f"key:{subject}")
        with self._writing() as keyring:
            keyring.execute("INSERT INTO subject_keys VALUES (?, ?)", (subject, wrapped))

    def destroy_keys(self, subjects: Iterable[str], at: datetime) -> None:
        """Destroy keys durably and remember whose they were, so that a restored copy of the data is erased again."""
        with self._writing() as keyring:
            for subject in subjects:
                keyring.execute("INSERT OR IGNORE INTO destroyed VALUES (?, ?)", (subject, at.isoformat()))
                keyring.execute("DELETE FROM subject_keys WHERE subject = ?", (subject,))

    def forget_unused_keys(self, subjects: Iterable[str]) -> None:
        """Remove keys that no row ever came to need: what a crash between key and row leaves behind."""
        with self._writing() as keyring:
            keyring.executemany("DELETE FROM subject_keys WHERE subject = ?", [(subject,) for subject in subjects])

    def list_subjects(self) -> set[str]:
        """List everyone and everything that has a key."""
        with self._lock:
            return {row[0] for row in self._keyring.execute("SELECT subject FROM subject_keys")}

    def list_destroyed(self) -> set[str]:
        """List everyone and everything whose key was destroyed."""
        with self._lock:
            return {row[0] for row in self._keyring.execute("SELECT subject FROM destroyed")}

    def seal(self, subject: str, what: str, value: bytes) -> bytes:
        """Encrypt a value under the subject's own key. Raises NotFound if that key was destroyed."""
        return seal(self._read_key(subject), value, what=f"{what}:{subject}")

    def unseal(self, subject: str, what: str, sealed: bytes) -> bytes:
        """Decrypt a subject's value. Raises NotFound if the key was destroyed, KeysUnavailable if it does not open."""
        return unseal(self._read_key(subject), sealed, what=f"{what}:{subject}")

    def unseal_many(self, prefix: str, what: str, values: Iterable[tuple[str, bytes]]) -> Iterator[bytes | None]:
        """Decrypt many subjects' values in one pass; None where the key is gone. For filling the gallery.

        All keys with the prefix are read once; `values` pairs subject and sealed bytes.
        """
        with self._lock:
            wrapped = dict(
                self._keyring.execute(
                    "SELECT subject, wrapped FROM subject_keys WHERE subject >= ? AND subject < ?",
                    (prefix, prefix + "\x7f"),
                )
            )
        master = AESGCM(self._master_key)
        start, end = 1, 1 + NONCE_BYTES
        for subject, sealed in values:
            box = wrapped.get(subject)
            if box is None:
                yield None
                continue
            key = master.decrypt(box[start:end], box[end:], f"key:{subject}".encode())
            yield AESGCM(key).decrypt(sealed[start:end], sealed[end:], f"{what}:{subject}".encode())

    def _read_key(self, subject: str) -> bytes:
        # Never cached: a key that another process destroyed must be gone for this one too.
        with self._lock:
            row = self._keyring.execute("SELECT wrapped FROM subject_keys WHERE subject = ?", (subject,)).fetchone()
        if row is None:
            raise NotFound(f"There is no key for {subject}: it was erased, or the keyring is older than the data.")
        return unseal(self._master_key, row[0], what=f"key:{subject}")

    # --- look-ups and the deployment's own secrets -------------------------------------------------------------

    def tag(self, what: str, value: str) -> bytes:
        """Compute the keyed tag (HMAC-SHA-256) by which an encrypted value can be found again, and by nobody else."""
        return hmac.digest(self._tag_key, f"{what}\x00{value}".encode(), "sha256")

    def keep_secret(self, name: str, value: bytes) -> None:
        """Keep one of the deployment's own secrets, such as the ledger's signing key, wrapped by the master key."""
        with self._writing() as keyring:
            keyring.execute("INSERT INTO secrets VALUES (?, ?)", (name, seal(self._master_key, value, what=name)))

    def read_secret(self, name: str) -> bytes:
        """Read a secret kept before. Raises KeysUnavailable if there is none."""
        with self._lock:
            row = self._keyring.execute("SELECT wrapped FROM secrets WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise KeysUnavailable(f"The keyring has no secret named {name!r}.")
        return unseal(self._master_key, row[0], what=name)

    # --- the anchor: what was signed last ----------------------------------------------------------------------

    def read_anchor(self) -> tuple[int, bytes] | None:
        """Read size and root of the last checkpoint signed, or None before the first."""
        with self._lock:
            row = self._keyring.execute("SELECT size, root FROM anchor WHERE id = 1").fetchone()
        return None if row is None else (row[0], row[1])

    def move_anchor(self, seen: tuple[int, bytes] | None, size: int, root: bytes) -> bool:
        """Advance the anchor if it still is what the caller saw (compare and swap); durable when True comes back."""
        with self._writing() as keyring:
            if keyring.execute("SELECT size, root FROM anchor WHERE id = 1").fetchone() != seen:
                return False
            signed = "(SELECT COALESCE(MAX(signed), 0) FROM anchor)"
            counted = f"{signed} + 1" if seen is None or seen[0] != size else signed
            keyring.execute(f"INSERT OR REPLACE INTO anchor VALUES (1, ?, ?, {counted})", (size, root))  # noqa: S608 - both texts are constants
        return True

    def count_signed(self) -> int:
        """Count the different sizes for which a checkpoint was signed."""
        with self._lock:
            row = self._keyring.execute("SELECT signed FROM anchor WHERE id = 1").fetchone()
        return 0 if row is None else int(row[0])

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock, self._keyring:
                self._keyring.execute("BEGIN IMMEDIATE")
                yield self._keyring
        except sqlite3.OperationalError as error:
            raise KeysUnavailable(f"The keyring cannot be written ({error}); nothing was changed.") from error


def _connect(folder: Path) -> sqlite3.Connection:
    try:
        keyring = sqlite3.connect(folder / "keyring.db", timeout=60, isolation_level=None, check_same_thread=False)
        (folder / "keyring.db").chmod(PRIVATE_MODE)
        # secure_delete overwrites a destroyed key; a rollback journal, unlike a WAL, leaves no old pages behind.
        for pragma in ("journal_mode = DELETE", "synchronous = FULL", "secure_delete = ON"):
            keyring.execute(f"PRAGMA {pragma}").fetchall()
    except (sqlite3.DatabaseError, OSError) as error:
        raise KeysUnavailable("The keyring cannot be opened; check the keys folder and its permissions.") from error
    return keyring


def _is_in_use(folder: Path) -> bool:
    if not (folder / "keyring.db").exists():
        return True  # a master key whose keyring is lost may still be needed: never guess
    keyring = _connect(folder)
    try:
        return keyring.execute("SELECT 1 FROM anchor").fetchone() is not None
    except sqlite3.DatabaseError:
        return True
    finally:
        keyring.close()


def _read_master_key(folder: Path) -> bytes:
    path = folder / "master.key"
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise KeysUnavailable(
            "The master key (master.key in the keys folder) cannot be read; set ASSENT_KEYS or restore it."
        ) from error
    if mode & 0o077:
        raise KeysUnavailable("The master key can be read by others; run 'chmod 600' on master.key in the keys folder.")
    try:
        key = base64.b64decode(text.removeprefix(MASTER_HEADER).strip(), validate=True)
    except ValueError:
        key = b""
    if not text.startswith(MASTER_HEADER) or len(key) != KEY_BYTES:
        raise KeysUnavailable("The master key is damaged; restore master.key from its own backup.")
    return key

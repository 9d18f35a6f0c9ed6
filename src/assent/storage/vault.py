"""The keys folder: a master key, and a keyring with one destroyable key for each person, search, case and member.

Values are sealed with AES-256-GCM (NIST SP 800-38D) under a subject's own key; subject keys are wrapped by the master
key in the same way. The keyring also holds the anchor: size and root of the last checkpoint that was signed.

Sealed bytes, version 1: `0x01 ‖ nonce (12) ‖ ciphertext ‖ tag (16)`, with what is sealed for whom as associated data.
"""

from __future__ import annotations

import base64
import fcntl
import hmac
import os
import secrets
import sqlite3
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from threading import Lock, RLock
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from assent.errors import DeploymentExists, KeysUnavailable, NotFound, StorageFull
from assent.storage.disk import explain_os_error, locked_folder, write_file_durably
from assent.storage.grouped_writes import GroupedWrites
from assent.storage.sqlite_file import BUSY_SECONDS, begin_writing

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
_MASTER_CHECK = "master-key-check"


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
        # Reading has a connection of its own, so that nobody who only reads waits for a commit of this process.
        self._reading: sqlite3.Connection | None = None
        self._reading_lock = Lock()
        self._new = GroupedWrites(self._insert_keys)
        self._at_hand: dict[str, bytes] = {}
        self._tag_key = HKDF(SHA256(), KEY_BYTES, salt=None, info=b"assent look-up tags v1").derive(master_key)

    @classmethod
    def create(cls, folder: Path, deployment: str) -> Self:
        """Make the folder (mode 0700), the master key and an empty keyring.

        Keys with which nothing was ever signed were left by a set-up that crashed; they are set aside, not deleted.
        Raises DeploymentExists if the folder holds keys in use.
        """
        master_path, keyring_path = folder / "master.key", folder / "keyring.db"
        if master_path.exists() and _is_in_use(folder):
            raise DeploymentExists(
                "The keys folder already holds the keys of a deployment; they are never overwritten."
            )
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
            folder.chmod(FOLDER_MODE)
            _set_aside(folder)
            # Opened as the private file it must be, before anything is in it.
            os.close(os.open(keyring_path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_MODE))
        except OSError as error:
            raise explain_os_error(error) from None
        master_key = secrets.token_bytes(KEY_BYTES)
        vault = cls(folder, master_key, _connect(folder))
        try:
            vault._fill(deployment)
            # The master key comes last: without it the folder counts as empty, so that a crash here can be repeated.
            text = MASTER_HEADER + base64.b64encode(master_key).decode() + "\n"
            write_file_durably(master_path, text.encode(), mode=PRIVATE_MODE)
        except BaseException:
            vault.close()
            raise
        return vault

    @classmethod
    def open(cls, folder: Path, deployment: str) -> Self:
        """Open the keys of this deployment. Raises KeysUnavailable with the reason, and changes nothing."""
        master_key = _read_master_key(folder)
        if not (folder / "keyring.db").exists():
            raise KeysUnavailable("The keys folder has no keyring (keyring.db); restore it from its own backup.")
        vault = cls(folder, master_key, _connect(folder))
        try:
            vault._check(deployment)
        except BaseException:
            vault.close()
            raise
        return vault

    def _fill(self, deployment: str) -> None:
        with self._writing() as keyring:
            for statement in _SCHEMA.split(";"):
                keyring.execute(statement)
            meta = [("deployment", deployment), ("format", _KEYRING_FORMAT)]
            keyring.executemany("INSERT INTO meta VALUES (?, ?)", meta)
        self.keep_secret(_MASTER_CHECK, deployment.encode())

    def _check(self, deployment: str) -> None:
        meta = {str(name): value for name, value in self._read("SELECT name, value FROM meta")}
        if meta.get("format") != _KEYRING_FORMAT:
            raise KeysUnavailable(
                "The keyring was written by another version of Assent; use that version or a newer one."
            )
        if meta.get("deployment") != deployment:
            raise KeysUnavailable("The keys folder belongs to another deployment; set ASSENT_KEYS to the right one.")
        try:
            self.read_secret(_MASTER_CHECK)
        except KeysUnavailable as error:
            # Under a wrong master key nothing old opens, and whatever is written would be lost with it.
            raise KeysUnavailable(
                "The master key is not the one that this keyring was made with; restore master.key from its own backup."
            ) from error

    def close(self) -> None:
        """Close the keyring."""
        with self._lock, self._reading_lock:
            self._keyring.close()
            if self._reading is not None:
                self._reading.close()

    # --- one key a subject -------------------------------------------------------------------------------------

    def make_key(self, *subjects: str) -> None:
        """Make and keep a key for each new subject, durably, before the first row that needs it."""
        self._make(subjects)

    @contextmanager
    def new_keys(self, *subjects: str) -> Iterator[None]:
        """Make keys before the transaction that needs them begins: until the block ends, nobody takes them for unused.

        They are at hand from then on: sealing with them does not read the keyring, until `put_away` is called.
        """
        with locked_folder(self.folder, fcntl.LOCK_SH):
            self._at_hand |= self._make(subjects)
            yield

    def put_away(self, *subjects: str) -> None:
        """Have these keys at hand no longer; they stay in the keyring."""
        for subject in subjects:
            self._at_hand.pop(subject, None)

    @contextmanager
    def while_none_are_made(self) -> Iterator[bool]:
        """Keep keys from being made ahead of their transaction; False where somebody is just at it."""
        try:
            with locked_folder(self.folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
                yield True
        except BlockingIOError:
            yield False

    def _make(self, subjects: Sequence[str]) -> dict[str, bytes]:
        made = {subject: secrets.token_bytes(KEY_BYTES) for subject in subjects}
        self._new.write(
            [(subject, seal(self._master_key, key, what=f"key:{subject}")) for subject, key in made.items()]
        )
        return made

    def _insert_keys(self, wrapped: Sequence[tuple[str, bytes]]) -> None:
        with self._writing() as keyring:
            keyring.executemany("INSERT INTO subject_keys VALUES (?, ?)", wrapped)

    def destroy_keys(self, subjects: Iterable[str], at: datetime) -> None:
        """Destroy keys durably and remember whose they were, so that a restored copy of the data is erased again."""
        subjects = list(subjects)
        self.put_away(*subjects)
        with self._writing() as keyring:
            for subject in subjects:
                keyring.execute("INSERT OR IGNORE INTO destroyed VALUES (?, ?)", (subject, at.isoformat()))
                keyring.execute("DELETE FROM subject_keys WHERE subject = ?", (subject,))

    def forget_unused_keys(self, subjects: Iterable[str]) -> None:
        """Remove keys that no row ever came to need: what a crash between key and row leaves behind."""
        subjects = list(subjects)
        self.put_away(*subjects)
        with self._writing() as keyring:
            keyring.executemany("DELETE FROM subject_keys WHERE subject = ?", [(subject,) for subject in subjects])

    def list_subjects(self) -> set[str]:
        """List everyone and everything that has a key."""
        return {row[0] for row in self._read("SELECT subject FROM subject_keys")}

    def list_destroyed(self) -> set[str]:
        """List everyone and everything whose key was destroyed."""
        return {row[0] for row in self._read("SELECT subject FROM destroyed")}

    def seal(self, subject: str, what: str, value: bytes) -> bytes:
        """Encrypt a value under the subject's own key. Raises NotFound if that key was destroyed."""
        # With a key at hand that somebody destroyed meanwhile, what is sealed cannot be opened by anybody.
        return seal(self._at_hand.get(subject) or self._read_key(subject), value, what=f"{what}:{subject}")

    def unseal(self, subject: str, what: str, sealed: bytes) -> bytes:
        """Decrypt a subject's value. Raises NotFound if the key was destroyed, KeysUnavailable if it does not open."""
        return unseal(self._read_key(subject), sealed, what=f"{what}:{subject}")

    def unseal_many(self, prefix: str, what: str, values: Iterable[tuple[str, bytes]]) -> Iterator[bytes | None]:
        """Decrypt many subjects' values in one pass; None where the key is gone. For filling the gallery.

        All keys with the prefix are read once; `values` pairs subject and sealed bytes, a subject's own best together.
        Raises KeysUnavailable for a value that does not open with the key that is there.
        """
        between = (prefix, prefix + "\x7f")
        query = "SELECT subject, wrapped FROM subject_keys WHERE subject >= ? AND subject < ?"
        wrapped = {str(subject): box for subject, box in self._read(query, between)}
        for subject, own in groupby(values, key=itemgetter(0)):
            box = wrapped.get(subject)
            if box is None:
                yield from (None for _ in own)
            else:
                key = unseal(self._master_key, box, what=f"key:{subject}")
                yield from (unseal(key, sealed, what=f"{what}:{subject}") for _, sealed in own)

    def _read_key(self, subject: str) -> bytes:
        # Never cached: a key that another process destroyed must be gone for this one too.
        rows = self._read("SELECT wrapped FROM subject_keys WHERE subject = ?", (subject,))
        if not rows:
            raise NotFound(f"There is no key for {subject}: it was erased, or the keyring is older than the data.")
        return unseal(self._master_key, rows[0][0], what=f"key:{subject}")

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
        rows = self._read("SELECT wrapped FROM secrets WHERE name = ?", (name,))
        if not rows:
            raise KeysUnavailable(f"The keyring has no secret named {name!r}.")
        return unseal(self._master_key, rows[0][0], what=name)

    # --- the anchor: what was signed last ----------------------------------------------------------------------

    def read_anchor(self) -> tuple[int, bytes] | None:
        """Read size and root of the last checkpoint signed, or None before the first."""
        rows = self._read("SELECT size, root FROM anchor WHERE id = 1")
        return (rows[0][0], rows[0][1]) if rows else None

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

    def _read(self, query: str, parameters: Sequence[str] = ()) -> list[tuple[Any, ...]]:
        try:
            with self._reading_lock:
                if self._reading is None:
                    self._reading = _connect(self.folder)
                return self._reading.execute(query, parameters).fetchall()
        except sqlite3.DatabaseError as error:
            raise KeysUnavailable(
                f"The keyring cannot be read ({error}); if it is damaged, restore keyring.db from its own backup."
            ) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock, self._keyring:
                begin_writing(self._keyring)
                yield self._keyring
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
                raise StorageFull("The disk is full; no key was changed. Make room and try again.") from error
            raise KeysUnavailable(f"The keyring cannot be written ({error}); nothing was changed.") from error


def _connect(folder: Path) -> sqlite3.Connection:
    path = folder / "keyring.db"
    try:
        path.chmod(PRIVATE_MODE)
        keyring = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    except (sqlite3.DatabaseError, OSError) as error:
        raise KeysUnavailable("The keyring cannot be opened; check the keys folder and its permissions.") from error
    try:
        # secure_delete overwrites a destroyed key; a rollback journal, unlike a WAL, leaves no old pages behind. EXTRA
        # makes the journal's removal durable too: without it a power cut could bring a destroyed key back.
        for pragma in ("journal_mode = DELETE", "synchronous = EXTRA", "secure_delete = ON"):
            keyring.execute(f"PRAGMA {pragma}").fetchall()
    except sqlite3.DatabaseError as error:
        keyring.close()
        raise KeysUnavailable("The keyring cannot be read; restore keyring.db from its own backup.") from error
    return keyring


def _set_aside(folder: Path) -> None:
    left = [path for path in (folder / "master.key", folder / "keyring.db") if path.exists()]
    if left:
        aside = folder / f"set-aside-{secrets.token_hex(4)}"
        aside.mkdir(mode=FOLDER_MODE)
        for path in left:
            path.rename(aside / path.name)


def _is_in_use(folder: Path) -> bool:
    if not (folder / "keyring.db").exists():
        return True  # a master key whose keyring is lost may still be needed: never guess
    try:
        with closing(_connect(folder)) as keyring:
            return keyring.execute("SELECT 1 FROM anchor").fetchone() is not None
    except (sqlite3.DatabaseError, KeysUnavailable):
        return True


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

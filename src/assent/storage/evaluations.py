"""How far an evaluation has come: one line a photo in the report's folder, templates sealed under a key kept elsewhere.

`progress.jsonl` begins with a line that says what is evaluated; each further line is one photo's outcome, and its
templates sealed under a key that lies in the keys folder (`evaluations/<id>.key`) and is destroyed once the report is
written (docs/decisions/0014). A last line that a crash cut off is passed over.
"""

from __future__ import annotations

import base64
import json
import secrets
import stat
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Self

from assent.errors import InvalidInput, KeysUnavailable
from assent.evaluation.acquisition import PhotoOutcome
from assent.evaluation.scores import to_quality
from assent.faces import Quality
from assent.storage.disk import explain_os_error, shred_file, write_file_durably
from assent.storage.vault import FOLDER_MODE, KEY_BYTES, PRIVATE_MODE, seal, unseal

PROGRESS_FILE: Final = "progress.jsonl"
FORMAT: Final = "assent-evaluation-progress-v1"
_ID_BYTES: Final = 8


class EvaluationProgress:
    """The open record of one evaluation under way; used by one thread."""

    def __init__(self, path: Path, key_path: Path, key: bytes, evaluation: str) -> None:
        self._path = path
        self._key_path = key_path
        self._key = key
        self._evaluation = evaluation
        self.outcomes: dict[int, PhotoOutcome] = {}
        self.templates: dict[int, bytes] = {}
        self.references: dict[int, bytes] = {}

    @classmethod
    def open(cls, folder: Path, keys_folder: Path, subject: dict[str, Any]) -> Self:
        """Go on with the evaluation in the folder, or begin one; `subject` is what must not change in between.

        Raises InvalidInput where another evaluation is under way there, KeysUnavailable where the key is gone.
        """
        path = folder / PROGRESS_FILE
        try:
            lines = path.read_bytes().split(b"\n") if path.exists() else []
            if len(lines) > 1:
                return cls._resume(path, keys_folder, subject, lines)
            return cls._begin(path, keys_folder, subject)
        except OSError as error:
            raise explain_os_error(error) from None

    @classmethod
    def _begin(cls, path: Path, keys_folder: Path, subject: dict[str, Any]) -> Self:
        evaluation, key = secrets.token_hex(_ID_BYTES), secrets.token_bytes(KEY_BYTES)
        progress = cls(path, _name_key_file(keys_folder, evaluation), key, evaluation)
        keys_folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
        write_file_durably(progress._key_path, base64.b64encode(key), mode=PRIVATE_MODE)
        header = {"format": FORMAT, "evaluation": evaluation, "subject": subject}
        write_file_durably(path, json.dumps(header).encode() + b"\n", mode=PRIVATE_MODE)
        return progress

    @classmethod
    def _resume(cls, path: Path, keys_folder: Path, subject: dict[str, Any], lines: list[bytes]) -> Self:
        try:
            header = json.loads(lines[0])
            evaluation = str(header["evaluation"])
            is_same = header["format"] == FORMAT and header["subject"] == subject
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput(
                "The progress of an evaluation in that folder cannot be read; choose another."
            ) from error
        if not is_same:
            raise InvalidInput(
                "Another evaluation is under way in that folder: the photos, the pack or the options are not those it "
                "began with. Choose another folder, or delete that one."
            )
        key_path = _name_key_file(keys_folder, evaluation)
        progress = cls(path, key_path, _read_key(key_path), evaluation)
        try:
            for line in lines[1:-1]:
                progress._take(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput("The progress of that evaluation is damaged; delete the folder, begin again.") from error
        # What a crash left of a last line is cut away, so that the next one begins where a line begins.
        with path.open("r+b") as file:
            file.truncate(sum(len(line) + 1 for line in lines[:-1]))
        return progress

    @classmethod
    def discard(cls, folder: Path, keys_folder: Path) -> None:
        """Destroy what a crash after the report was written left of the key and of what it sealed."""
        path = folder / PROGRESS_FILE
        if path.exists():
            with suppress(ValueError, KeyError, TypeError, OSError):
                evaluation = str(json.loads(path.read_bytes().split(b"\n")[0])["evaluation"])
                shred_file(_name_key_file(keys_folder, evaluation))
            shred_file(path)

    def _take(self, record: dict[str, Any]) -> None:
        number, quality = int(record["photo"]), record["quality"]
        self.outcomes[number] = PhotoOutcome(
            person="",
            against_enrolment=tuple(record["against_enrolment"]),
            against_search=tuple(record["against_search"]),
            quality=None if quality is None else to_quality(quality),
        )
        for use, templates in (("template", self.templates), ("reference", self.references)):
            if record[use] is not None:
                sealed = base64.b64decode(record[use])
                templates[number] = unseal(self._key, sealed, what=self._name_template(number, use))

    def _name_template(self, number: int, use: str) -> str:
        return f"evaluation:{self._evaluation}:{number}:{use}"

    def _seal(self, number: int, use: str, template: bytes | None) -> str | None:
        if template is None:
            return None
        return base64.b64encode(seal(self._key, template, what=self._name_template(number, use))).decode()

    def record(self, number: int, outcome: PhotoOutcome, template: bytes | None, reference: bytes | None) -> None:
        """Keep one photo's outcome, its person left out, and its templates sealed; a crash loses a few at most."""
        quality = outcome.quality
        record = {
            "photo": number,
            "against_enrolment": outcome.against_enrolment,
            "against_search": outcome.against_search,
            "quality": None if quality is None else _list_figures(quality),
            "template": self._seal(number, "template", template),
            "reference": self._seal(number, "reference", reference),
        }
        try:
            with self._path.open("ab") as file:
                file.write(json.dumps(record).encode() + b"\n")
        except OSError as error:
            raise explain_os_error(error) from None
        self.outcomes[number] = replace(outcome, person="")
        if template is not None:
            self.templates[number] = template
        if reference is not None:
            self.references[number] = reference

    def close_finished(self) -> None:
        """Destroy the key first, then what it sealed."""
        shred_file(self._key_path)
        shred_file(self._path)


def _list_figures(quality: Quality) -> list[float]:
    return [
        quality.eye_distance_px,
        quality.sharpness,
        quality.brightness,
        quality.contrast,
        quality.turn,
        quality.score,
    ]


def _name_key_file(keys_folder: Path, evaluation: str) -> Path:
    if len(evaluation) != 2 * _ID_BYTES or not evaluation.isalnum():
        raise InvalidInput("The progress of an evaluation in that folder cannot be read; choose another.")
    return keys_folder / "evaluations" / f"{evaluation}.key"


def _read_key(path: Path) -> bytes:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise KeysUnavailable("The key of this evaluation can be read by others; delete the report's folder.")
        return base64.b64decode(path.read_bytes(), validate=True)
    except (OSError, ValueError) as error:
        raise KeysUnavailable(
            "The key of the evaluation under way in that folder is gone; delete the folder and begin again."
        ) from error

"""What a pack says about itself: `pack.json`, format `assent-pack-1`, described in docs/packs.md."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NewType

from assent.errors import InvalidPack

PackId = NewType("PackId", str)
"""Name of a pack and the first 12 hexadecimal digits of the digest of what decides its templates."""

MANIFEST_FORMAT: Final = "assent-pack-1"
PACK_ID_DIGITS: Final = 12
MOST_DIMENSIONS: Final = 4096
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_MTCNN_FILES: Final = 3
_LANDMARKS: Final = 5


class Metric(StrEnum):
    """How two templates of a pack are compared."""

    EUCLIDEAN = "euclidean"


class DetectorKind(StrEnum):
    """The detectors that a pack may bring."""

    MTCNN = "mtcnn"
    BOXES = "boxes"


class AlignmentKind(StrEnum):
    """The ways from a detected face to the crop that an embedder expects."""

    DLIB_CHIP = "dlib-chip"
    FIVE_POINT = "five-point"


class CropLayout(StrEnum):
    """Order of the axes of an embedder's input: N crops, height, width, channels."""

    NHWC = "nhwc"
    NCHW = "nchw"


class CropNumbers(StrEnum):
    """Number type of an embedder's input; only floats are normalised by mean and std."""

    UINT8 = "uint8"
    FLOAT32 = "float32"


@dataclass(frozen=True, slots=True)
class DetectorSpec:
    """Which graphs detect faces: proposal, refinement and output network for MTCNN, else one."""

    kind: DetectorKind
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AlignmentSpec:
    """How faces become crops of `size_px` pixels.

    For `dlib-chip`: the landmark model's file, the chip's padding, and how the detector's box becomes the box that this
    model was trained on (centre moved by `box_shift` box heights, side of `box_scale` box heights).
    For `five-point`: where the five landmarks shall lie in the crop, in pixels.
    """

    kind: AlignmentKind
    size_px: int
    file: str | None = None
    padding: float = 0.0
    box_shift: tuple[float, float] = (0.0, 0.0)
    box_scale: float = 1.0
    reference_points_px: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class EmbedderSpec:
    """Which graph turns crops into vectors, and the tensor it expects.

    With `reference_blur`, a reference's template is the average over the crop, the crop blurred by this share of its
    side, and the mirror images of both; a probe's is always that of its crop alone.
    """

    file: str
    layout: CropLayout
    numbers: CropNumbers
    unit_length: bool
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    reference_blur: float | None = None


@dataclass(frozen=True, slots=True)
class PackManifest:
    """Everything a pack declares; `files` maps each file's name to its SHA-256 in hexadecimal.

    `default_threshold` is the distance at which two pictures are taken for one person where no gallery's size says
    better; `threshold_basis` says what it rests on, in words. `calibration_digest` is the SHA-256 of the pack's
    `calibration.json`, without which the pack searches only in deployments that calibrate it themselves.
    """

    name: str
    version: str
    licence: str
    training_data: str
    training_people_consented: bool
    metric: Metric
    dimensions: int
    default_threshold: float
    threshold_basis: str
    files: tuple[tuple[str, str], ...]
    detector: DetectorSpec
    alignment: AlignmentSpec
    embedder: EmbedderSpec
    origin: str | None = None
    known_gaps: str | None = None
    calibration_digest: str | None = None

    def __post_init__(self) -> None:
        """Check that the parts fit; raises InvalidPack with the first that does not."""
        if not _NAME.fullmatch(self.name):
            raise InvalidPack("A pack's name has 1 to 40 lower-case letters, digits and hyphens.")
        if not 1 <= self.dimensions <= MOST_DIMENSIONS:
            raise InvalidPack(f"A template has 1 to {MOST_DIMENSIONS} dimensions; got {self.dimensions}.")
        if not 0 < self.default_threshold < float("inf"):
            raise InvalidPack("A pack's default threshold is a distance above 0.")
        for name, digest in self.files:
            if not _FILE_NAME.fullmatch(name) or not _SHA256.fullmatch(digest):
                raise InvalidPack(f"The pack lists a file badly (plain name, SHA-256 in lower case): {name!r}.")
        if self.calibration_digest is not None and not _SHA256.fullmatch(self.calibration_digest):
            raise InvalidPack("The digest of the pack's calibration is a SHA-256 in lower case.")
        needed = [*self.detector.files, self.embedder.file]
        if self.alignment.file is not None:
            needed.append(self.alignment.file)
        if missing := sorted(set(needed) - {name for name, _ in self.files}):
            raise InvalidPack(f"The pack uses files that it does not list with a digest: {', '.join(missing)}.")
        self._check_specs()

    def _check_specs(self) -> None:
        expected = _MTCNN_FILES if self.detector.kind is DetectorKind.MTCNN else 1
        if len(self.detector.files) != expected:
            raise InvalidPack(f"A detector of kind {self.detector.kind} has {expected} file(s).")
        if not 16 <= self.alignment.size_px <= 1024:  # noqa: PLR2004 - smaller shows no face, larger is a mistake
            raise InvalidPack("A crop has a side of 16 to 1024 pixels.")
        if self.alignment.kind is AlignmentKind.DLIB_CHIP and self.alignment.file is None:
            raise InvalidPack("The alignment dlib-chip needs the landmark model's file.")
        if (
            self.alignment.kind is AlignmentKind.FIVE_POINT
            and len(set(self.alignment.reference_points_px)) != _LANDMARKS
        ):
            raise InvalidPack("The alignment five-point needs five different reference points.")
        if min(self.embedder.std) <= 0:
            raise InvalidPack("The embedder's std must be above 0 in each channel.")
        if self.embedder.reference_blur is not None and not 0 < self.embedder.reference_blur <= 0.1:  # noqa: PLR2004
            raise InvalidPack("The embedder's reference_blur lies above 0 and is a tenth of the crop's side at most.")

    @property
    def pack_id(self) -> PackId:
        """Identify the pack by what decides its templates.

        Wording (licence, training data, threshold) and calibration are left out of the digest: correcting a sentence
        or measuring anew must not turn a gallery's templates into those of another pack.
        """
        deciding = {key: value for key, value in self.to_fields().items() if key not in _WORDING_FIELDS}
        canonical = json.dumps(deciding, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        return PackId(f"{self.name}-{digest[:PACK_ID_DIGITS]}")

    def to_json(self) -> str:
        """Return the text of `pack.json`."""
        return json.dumps(self.to_fields(), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> PackManifest:
        """Read the text of `pack.json`; raises InvalidPack on any other content, unknown fields included."""
        try:
            fields = json.loads(text)
            manifest = _manifest_from_fields(fields)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InvalidPack(
                f"The pack's pack.json does not have the fields of {MANIFEST_FORMAT}: {error}."
            ) from error
        if unknown := _unknown_fields(fields, manifest.to_fields()):
            raise InvalidPack(f"The pack's pack.json has unknown fields: {', '.join(unknown)}.")
        return manifest

    def to_fields(self) -> dict[str, Any]:
        """Return the fields of `pack.json` as JSON values."""
        fields: dict[str, Any] = {
            "format": MANIFEST_FORMAT,
            "name": self.name,
            "version": self.version,
            "licence": self.licence,
            "training_data": {"statement": self.training_data, "people_consented": self.training_people_consented},
            "metric": self.metric.value,
            "dimensions": self.dimensions,
            "threshold": {"distance": self.default_threshold, "basis": self.threshold_basis},
            "files": dict(sorted(self.files)),
            "detector": {"kind": self.detector.kind.value, "files": list(self.detector.files)},
            "alignment": _alignment_to_fields(self.alignment),
            "embedder": _embedder_to_fields(self.embedder),
        }
        # Left out where nothing is said, as in packs made before these fields.
        optional = {"origin": self.origin, "known_gaps": self.known_gaps, "calibration": self.calibration_digest}
        return fields | {name: value for name, value in optional.items() if value is not None}


_WORDING_FIELDS: Final = frozenset({"licence", "training_data", "threshold", "origin", "known_gaps", "calibration"})


def _alignment_to_fields(spec: AlignmentSpec) -> dict[str, Any]:
    if spec.kind is AlignmentKind.DLIB_CHIP:
        return {
            "kind": spec.kind.value,
            "size_px": spec.size_px,
            "file": spec.file,
            "padding": spec.padding,
            "box_shift": list(spec.box_shift),
            "box_scale": spec.box_scale,
        }
    points = [list(point) for point in spec.reference_points_px]
    return {"kind": spec.kind.value, "size_px": spec.size_px, "reference_points_px": points}


def _embedder_to_fields(spec: EmbedderSpec) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "file": spec.file,
        "layout": spec.layout.value,
        "numbers": spec.numbers.value,
        "mean": list(spec.mean),
        "std": list(spec.std),
        "unit_length": spec.unit_length,
    }
    # Left out where unused, so that packs made before it keep their ids.
    return fields if spec.reference_blur is None else fields | {"reference_blur": spec.reference_blur}


def _manifest_from_fields(fields: dict[str, Any]) -> PackManifest:
    if fields["format"] != MANIFEST_FORMAT:
        raise InvalidPack(f"The pack has the format {fields['format']!r}; {MANIFEST_FORMAT!r} is read.")
    detector, embedder = fields["detector"], fields["embedder"]
    return PackManifest(
        name=_text(fields["name"]),
        version=_text(fields["version"]),
        licence=_text(fields["licence"]),
        training_data=_text(fields["training_data"]["statement"]),
        training_people_consented=_truth(fields["training_data"]["people_consented"]),
        metric=Metric(fields["metric"]),
        dimensions=_whole(fields["dimensions"]),
        default_threshold=float(fields["threshold"]["distance"]),
        threshold_basis=_text(fields["threshold"]["basis"]),
        files=tuple(sorted((_text(name), _text(digest)) for name, digest in fields["files"].items())),
        detector=DetectorSpec(DetectorKind(detector["kind"]), tuple(_text(name) for name in detector["files"])),
        alignment=_alignment_from_fields(fields["alignment"]),
        embedder=EmbedderSpec(
            file=_text(embedder["file"]),
            layout=CropLayout(embedder["layout"]),
            numbers=CropNumbers(embedder["numbers"]),
            unit_length=_truth(embedder["unit_length"]),
            mean=_three(embedder.get("mean", (0.0, 0.0, 0.0))),
            std=_three(embedder.get("std", (1.0, 1.0, 1.0))),
            reference_blur=None if (blur := embedder.get("reference_blur")) is None else float(blur),
        ),
        **{
            name: _text(fields[key])
            for name, key in (("origin", "origin"), ("known_gaps", "known_gaps"), ("calibration_digest", "calibration"))
            if key in fields
        },
    )


def _alignment_from_fields(fields: dict[str, Any]) -> AlignmentSpec:
    kind = AlignmentKind(fields["kind"])
    if kind is AlignmentKind.DLIB_CHIP:
        across, down = fields["box_shift"]
        return AlignmentSpec(
            kind=kind,
            size_px=_whole(fields["size_px"]),
            file=_text(fields["file"]),
            padding=float(fields["padding"]),
            box_shift=(float(across), float(down)),
            box_scale=float(fields["box_scale"]),
        )
    points = tuple((float(across), float(down)) for across, down in fields["reference_points_px"])
    return AlignmentSpec(kind=kind, size_px=_whole(fields["size_px"]), reference_points_px=points)


def _unknown_fields(given: dict[str, Any], known: dict[str, Any], prefix: str = "") -> list[str]:
    unknown: list[str] = []
    for key, value in given.items():
        if key not in known:
            unknown.append(prefix + key)
        elif isinstance(value, dict) and isinstance(known[key], dict):
            unknown += _unknown_fields(value, known[key], f"{prefix}{key}.")
    return unknown


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TypeError(f"expected some text, got {value!r}")
    return value


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"expected true or false, got {value!r}")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"expected a whole number, got {value!r}")
    return value


def _three(values: Any) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in values)
    return red, green, blue

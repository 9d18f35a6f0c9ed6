"""Image bytes to templates: decoding, detection, quality, alignment and embedding with one pack of models.

Pictures come from bytes that a person handed over; nothing here opens a connection, a camera or a video.
"""

from assent.faces.chips import ARCFACE_POINTS_PX, ARCFACE_SIZE_PX
from assent.faces.decoding import Image, ImageLimits, check_image_header, decode_image, encode_jpeg
from assent.faces.default_pack import DEFAULT_MANIFEST, open_default_pack
from assent.faces.detection import SMALLEST_FACE_PX, DetectedFace
from assent.faces.embedding import Template, distance
from assent.faces.manifest import (
    AlignmentKind,
    AlignmentSpec,
    CropLayout,
    CropNumbers,
    DetectorKind,
    DetectorSpec,
    EmbedderSpec,
    Metric,
    PackId,
    PackManifest,
)
from assent.faces.packs import Pack, add_pack, load_pack
from assent.faces.pipeline import AnalysedFace, FacePipeline, choose_face, require_fit
from assent.faces.quality import Quality, QualityGate, QualityReason, assess_quality, list_reasons
from assent.faces.quality_gates import ENROLMENT_GATE, PROBE_GATE, PROBE_WARNING

__all__ = [
    "ARCFACE_POINTS_PX",
    "ARCFACE_SIZE_PX",
    "DEFAULT_MANIFEST",
    "ENROLMENT_GATE",
    "PROBE_GATE",
    "PROBE_WARNING",
    "SMALLEST_FACE_PX",
    "AlignmentKind",
    "AlignmentSpec",
    "AnalysedFace",
    "CropLayout",
    "CropNumbers",
    "DetectedFace",
    "DetectorKind",
    "DetectorSpec",
    "EmbedderSpec",
    "FacePipeline",
    "Image",
    "ImageLimits",
    "Metric",
    "Pack",
    "PackId",
    "PackManifest",
    "Quality",
    "QualityGate",
    "QualityReason",
    "Template",
    "add_pack",
    "assess_quality",
    "check_image_header",
    "choose_face",
    "decode_image",
    "distance",
    "encode_jpeg",
    "list_reasons",
    "load_pack",
    "open_default_pack",
    "require_fit",
]

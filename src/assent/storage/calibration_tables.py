"""Tables of what a deployment measured about its pack, and of the thresholds that follow from it."""

from sqlalchemy import Column, Float, Integer, String, Table, Text

from assent.storage.tables import UtcTime, metadata

calibrations = Table(
    "calibrations",
    metadata,
    Column("pack_id", String(80), primary_key=True),
    Column("document", Text, nullable=False),
    Column("taken_at", UtcTime, nullable=False),
)

thresholds = Table(
    "thresholds",
    metadata,
    Column("purpose", String(40), primary_key=True),
    Column("pack_id", String(80), primary_key=True),
    # Of the calibration that it was computed from: SHA-256 in hexadecimal.
    Column("calibration", String(64), nullable=False),
    Column("fpir", Float, nullable=False),
    # Good for galleries of up to so many people.
    Column("gallery_size", Integer, nullable=False),
    Column("distance", Float, nullable=False),
    Column("chosen_at", UtcTime, nullable=False),
)

"""The gallery in memory: filled from sealed templates at start, and brought up to date before every search."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from threading import RLock

from assent.faces import Pack, Template
from assent.faces.template_vectors import read_template_vectors
from assent.mandates import DuplicatePermit, SearchPermit
from assent.people import PurposeSlug
from assent.search import ExactIndex, Neighbour
from assent.storage import Connection, Database, Vault
from assent.storage import people as stored_people


class Gallery:
    """All references in force of one pack, as this process knows them."""

    def __init__(self, index: ExactIndex, vault: Vault, pack_id: str, newest_change: int) -> None:
        self._index = index
        self._vault = vault
        self._pack_id = pack_id
        self._newest_change = newest_change
        self._lock = RLock()

    @classmethod
    def fill(cls, database: Database, vault: Vault, pack: Pack) -> Gallery:
        """Read and open every template of the pack."""
        with database.snapshot() as view:
            newest = stored_people.read_newest_gallery_change(view)
            rows = list(stored_people.load_templates(view, vault, pack.pack_id))
            spans = stored_people.load_consent_spans(view)
        index = ExactIndex.build(
            pack.manifest.dimensions,
            vectors=read_template_vectors([row[2] for row in rows], pack.pack_id, pack.manifest.dimensions),
            reference_ids=[row[0] for row in rows],
            person_ids=[row[1] for row in rows],
            consents=spans,
        )
        return cls(index, vault, pack.pack_id, newest)

    def refresh(self, view: Connection) -> None:
        """Take over what other processes, or this one, changed since the last look."""
        with self._lock:
            newest, changed = stored_people.read_gallery_changes(view, self._newest_change)
            if changed:
                for person in changed:
                    self._index.remove_person(person)
                rows = stored_people.load_templates(view, self._vault, self._pack_id, changed)
                self._index.add([(row[0], row[1], Template.from_bytes(row[2]).vector) for row in rows])
                for person, spans in stored_people.load_consent_spans(view, changed).items():
                    self._index.set_consents(person, spans)
            self._newest_change = newest

    def nearest(
        self, permit: SearchPermit | DuplicatePermit, probe: Template, *, radius: float, limit: int
    ) -> list[Neighbour]:
        """Find the nearest people in force, as `search.GalleryIndex.nearest` says."""
        return self._index.nearest(permit, probe.vector, radius=radius, limit=limit)

    def count(self, purpose: PurposeSlug, at: datetime) -> tuple[int, int]:
        """Count the people and the templates that a search for the purpose goes through."""
        size = self._index.size(purpose, at)
        return size.people, size.templates

    def snapshot_id(self, deployment: str, purpose: str) -> str:
        """Name the state of the gallery that a search went through; the same state has the same name."""
        state = f"{deployment} {self._newest_change} {purpose} {self._pack_id}"
        return "g_" + base64.b32encode(hashlib.sha256(state.encode()).digest()).decode().lower()[:16]

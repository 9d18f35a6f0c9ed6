"""The only wiring: opens a deployment's database, keys, faces and gallery, and hands them to the services."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from threading import BoundedSemaphore, RLock

from assent.errors import NotFound
from assent.faces import FacePipeline, ImageLimits, Pack, load_pack, open_default_pack
from assent.ledger import SigningKey
from assent.mandates import Actor
from assent.services.gallery import Gallery
from assent.settings import Settings
from assent.storage import Database, PhotoFiles, PostgresAddress, Vault, open_database
from assent.storage import deployments as stored_deployments
from assent.storage import mandates as stored_mandates
from assent.storage.deployments import Deployment

Clock = Callable[[], datetime]

LEDGER_KEY = "ledger-key"
DATABASE_FILE = "assent.db"


def read_clock() -> datetime:
    """Read the time, aware and in UTC."""
    return datetime.now(UTC)


class Runtime:
    """One open deployment."""

    def __init__(
        self, settings: Settings, database: Database, vault: Vault, deployment: Deployment, clock: Clock = read_clock
    ) -> None:
        self.settings = settings
        self.database = database
        self.vault = vault
        self.deployment = deployment
        self.clock = clock
        self.photos = PhotoFiles(settings.data_folder / "photos", vault)
        # So many photos are looked at at once: more would only push each other out of the processor's caches.
        self.faces_turn = BoundedSemaphore(settings.worker_threads)
        self._opening = RLock()

    @cached_property
    def signing_key(self) -> SigningKey:
        """The ledger's key, named like its origin."""
        return SigningKey.from_private_bytes(self.deployment.origin, self.vault.read_secret(LEDGER_KEY))

    @property
    def pack(self) -> Pack:
        """The pack in use."""
        return self.faces.pack

    @property
    def faces(self) -> FacePipeline:
        """The face pipeline of the pack in use, opened when first needed."""
        with self._opening:
            return self._faces

    @property
    def gallery(self) -> Gallery:
        """The gallery in memory, filled when first needed and kept current from then on."""
        with self._opening:
            return self._gallery

    @cached_property
    def _faces(self) -> FacePipeline:
        limits = ImageLimits(
            max_image_bytes=self.settings.max_image_bytes, max_image_pixels=self.settings.max_image_pixels
        )
        return FacePipeline(open_pack(self.settings, self.deployment.pack_id), limits)

    @cached_property
    def _gallery(self) -> Gallery:
        return Gallery.fill(self.database, self.vault, self.pack)

    def find_actor(self, handle: str, channel: str) -> Actor:
        """Find who acts by handle or identifier. Raises NotFound or MemberSuspended."""
        with self.database.snapshot() as view:
            member = stored_mandates.find_member(view, self.vault, handle)
        member.require_active()
        return Actor(member, channel)

    def close(self) -> None:
        """Close database and keyring."""
        self.database.close()
        self.vault.close()


def open_pack(settings: Settings, pack_id: str | None = None) -> Pack:
    """Open a pack by its id: the default one, or one that an operator added. Raises NotFound."""
    default = open_default_pack(settings.cache_folder)
    if pack_id in {None, default.pack_id}:
        return default
    folder = settings.data_folder / "packs" / str(pack_id)
    if not folder.is_dir():
        raise NotFound(f"Pack {pack_id} is not here; 'assent packs list' shows the packs, 'assent packs add' adds one.")
    return load_pack(folder)


def find_database(settings: Settings) -> Path | PostgresAddress:
    """Find where the settings say the database is: on a server, or a file in the data folder."""
    if settings.database_url:
        return PostgresAddress(settings.database_url, settings.database_password_file)
    return settings.data_folder / DATABASE_FILE


def open_unchecked(settings: Settings, clock: Clock = read_clock) -> Runtime:
    """Open a deployment as it lies there, unrepaired; everything but looking goes through `open_runtime`."""
    database = open_database(find_database(settings))
    try:
        with database.snapshot() as view:
            deployment = stored_deployments.load_deployment(view)
        vault = Vault.open(settings.keys_folder, deployment.id)
    except BaseException:
        database.close()
        raise
    return Runtime(settings, database, vault, deployment, clock)

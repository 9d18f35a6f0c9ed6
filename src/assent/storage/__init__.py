"""Everything that touches the database, the files or the keys; mirrors the domain."""

from sqlalchemy import Connection

from assent.storage.database import Database, open_database
from assent.storage.photos import PhotoFiles
from assent.storage.postgres import PostgresAddress
from assent.storage.vault import Vault

__all__ = ["Connection", "Database", "PhotoFiles", "PostgresAddress", "Vault", "open_database"]

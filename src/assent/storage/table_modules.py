"""Every module that declares tables, imported once so that migrations and tests see all of them."""

from assent.storage import tables

__all__ = ["tables"]

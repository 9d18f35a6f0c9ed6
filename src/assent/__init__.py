"""Assent: face search limited to people who agreed to be found, with a record of every look."""

from assent.settings import Settings

__version__ = "0.1.0"

__all__ = ["Settings", "__version__"]

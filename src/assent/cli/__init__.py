"""The command line: arguments in, one service call, text or one JSON document out."""

from assent.cli.app import main

__all__ = ["main"]

"""Every module that declares tables, imported once so that migrations and tests see all of them."""

from assent.storage import (
    account_tables,
    api_token_tables,
    calibration_tables,
    person_page_tables,
    request_tables,
    session_tables,
    steward_tables,
    tables,
)

__all__ = [
    "account_tables",
    "api_token_tables",
    "calibration_tables",
    "person_page_tables",
    "request_tables",
    "session_tables",
    "steward_tables",
    "tables",
]

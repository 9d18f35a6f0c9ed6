"""Tokens from the command line: made, listed, revoked by whose they are."""

from __future__ import annotations

from cli.command_line import run
from demo_deployments import Deployment


def test_token_is_made_listed_and_revoked(bare: Deployment) -> None:
    terms = ("--label", "nightly", "--scope", "searches:read", "--days", "5")

    made = run("token", "create", *terms, "--as", "searcher", "--json", on=bare).document
    listed = run("token", "list", "--as", "searcher", on=bare).stdout
    revoked = run("token", "revoke", made["id"], "--as", "searcher", "--json", on=bare).document

    assert made["token"].startswith("assent_")
    assert "nightly" in listed
    assert made["token"] not in listed
    assert revoked["revoked_at"] is not None


def test_scope_beyond_the_roles_is_invalid_input(bare: Deployment) -> None:
    done = run("token", "create", "--label", "x", "--scope", "people:write", "--as", "searcher", on=bare)

    assert done.exit_code == 3
    assert "people:write" in done.stderr

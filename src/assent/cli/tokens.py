"""`token`: with what a member's own programs use the API."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation
from assent.cli.rendering import make_table
from assent.mandates.api_token import LONGEST_LIFETIME, USUAL_LIFETIME, ApiToken, Scope

topic = typer.Typer()
_group = typer.Typer(help="Tokens for programs that use the API.", no_args_is_help=True)
topic.add_typer(_group, name="token")


@command(_group, "create", example="assent token create --label nightly-export --scope oversight --as overseer")
def create(
    invocation: Invocation,
    label: Annotated[str, typer.Option(help="What it is for.")],
    scope: Annotated[list[Scope], typer.Option(help="What it opens, within your roles; may be given again.")],
    days: Annotated[
        int, typer.Option(min=1, max=LONGEST_LIFETIME.days, help="How long it is good.")
    ] = USUAL_LIFETIME.days,
) -> Answer:
    """Make a token of your own; it is shown this once."""
    from assent.services.api_tokens import make_token

    with invocation.act() as (runtime, actor):
        made = make_token(runtime, actor, label=label, scopes=scope, lifetime=timedelta(days=days))
    said = f"Keep it like a password; it is not shown again. Good until {made.token.expires_at:%Y-%m-%d}."
    return Answer({"token": made.text, **_describe(made.token)}, [made.text, said])


@command(_group, "list", example="assent token list --as searcher")
def list_all(invocation: Invocation) -> Answer:
    """List your own tokens, ended ones too."""
    from assent.services.api_tokens import list_tokens

    with invocation.act() as (runtime, actor):
        tokens = list_tokens(runtime, actor)
    columns = ["Id", "Label", "Scopes", "Until", "Revoked", "Used"]
    return Answer([_describe(token) for token in tokens], make_table(columns, map(_row, tokens), nothing="None."))


@command(_group, "revoke", example="assent token revoke t_bjzwpxlj2qy4utms --as searcher")
def revoke(invocation: Invocation, token: Annotated[str, typer.Argument(help="The token's id.")]) -> Answer:
    """Revoke one of your own tokens; it opens nothing from now on."""
    from assent.services.api_tokens import revoke_token

    with invocation.act() as (runtime, actor):
        ended = revoke_token(runtime, actor, token)
    return Answer(_describe(ended), f"Token {ended.id} is revoked.")


def _row(token: ApiToken) -> list[object]:
    return [token.id, token.label, token.scopes, token.expires_at, token.revoked_at, token.used_at]


def _describe(token: ApiToken) -> dict[str, object]:
    return {
        "id": token.id,
        "label": token.label,
        "scopes": sorted(token.scopes),
        "made_at": token.made_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
        "used_at": token.used_at,
    }

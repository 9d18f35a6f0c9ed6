"""What surrounds every command: the shared options before it; its answer, or one sentence about an error, after it."""

from __future__ import annotations

import inspect
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, NoReturn, get_type_hints

import typer
from typer.core import TyperGroup

from assent.cli.context import DataOption, Invocation, JsonOption, MemberOption
from assent.cli.exit_codes import INTERRUPTED, OK, UNEXPECTED, USAGE, find_family
from assent.cli.rendering import clean, print_view, to_json
from assent.errors import AssentError, InvalidInput

TRACEBACK_VARIABLE = "ASSENT_TRACEBACK"
_SHARED = {"data_folder": (DataOption, None), "member": (MemberOption, None), "is_json": (JsonOption, False)}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command has to say: `document` for machines, `view` (plain text, or what Rich prints) for people."""

    document: object
    view: object
    exit_code: int = OK


Command = Callable[..., Answer]


def command(app: typer.Typer, name: str, *, example: str) -> Callable[[Command], Command]:
    """Register a function as a command; its first argument is the `Invocation`, its docstring the help."""

    def register(function: Command) -> Command:
        hints = get_type_hints(function, include_extras=True)
        _, *own = inspect.signature(function).parameters.values()
        parameters = [parameter.replace(annotation=hints[parameter.name]) for parameter in own]
        parameters.append(_keyword("ctx", typer.Context, inspect.Parameter.empty))
        parameters += [_keyword(option, kind, default) for option, (kind, default) in _SHARED.items()]

        @wraps(function)
        def run(*, ctx: typer.Context, **values: Any) -> None:
            inner = Invocation(**{option: values.pop(option) for option in _SHARED})
            outer = ctx.find_root().obj
            _run(function, inner.within(outer) if isinstance(outer, Invocation) else inner, values)

        # Typer reads options from the signature; so the shared ones are written down once, above.
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        app.command(name, epilog=f"Example: {example}")(run)
        return function

    return register


def _keyword(name: str, annotation: object, default: object) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _run(function: Command, invocation: Invocation, values: Mapping[str, object]) -> None:
    try:
        _require_text([invocation.member, *values.values()])
        answer = function(invocation, **values)
        if invocation.is_json:
            typer.echo(to_json(answer.document))
        else:
            print_view(answer.view)
    except (typer.Exit, typer.BadParameter, BrokenPipeError):
        raise
    except (KeyboardInterrupt, typer.Abort):
        fail("interrupted", "Interrupted.", INTERRUPTED, is_json=invocation.is_json)
    except AssentError as error:
        family = find_family(error)
        index = {"first_bad_index": error.first_bad_index} if hasattr(error, "first_bad_index") else {}
        message = str(error) if invocation.is_json else f"{family.word}: {error}"
        fail(error.reason, message, family.exit_code, is_json=invocation.is_json, **index)
    except Exception as error:  # noqa: BLE001 - the last place where a sentence can be made of it
        if os.environ.get(TRACEBACK_VARIABLE):
            traceback.print_exc()
        # Only the kind of error is named: its text may hold what somebody entrusted to the deployment.
        message = f"Unexpected error ({type(error).__name__}); {TRACEBACK_VARIABLE}=1 shows where it comes from."
        fail("unexpected", message, UNEXPECTED, is_json=invocation.is_json)
    raise typer.Exit(answer.exit_code)


def _require_text(values: Iterable[object]) -> None:
    for value in values:
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, str) and any("\ud800" <= character <= "\udfff" for character in part):
                raise InvalidInput("An argument is not text in UTF-8; check the terminal's encoding.")


def fail(reason: str, message: str, exit_code: int, *, is_json: bool, **more: object) -> NoReturn:
    """Say what is wrong, in one line on standard error or one document on standard output, and leave."""
    if is_json:
        error = {"reason": reason, "message": clean(message), "exit_code": exit_code, **more}
        typer.echo(to_json({"error": error}))
    else:
        typer.secho(clean(message), err=True, fg="red")
    raise typer.Exit(exit_code)


class EntryGroup(TyperGroup):
    """The root of all commands; a usage error, too, is one document where --json was asked for."""

    def main(self, args: Any = None, *others: Any, **more: Any) -> Any:
        """Run the command line and leave with its exit code."""
        arguments = sys.argv[1:] if args is None else list(args)
        if "--json" not in arguments:
            return super().main(args, *others, **more)
        try:
            code = super().main(arguments, *others, **{**more, "standalone_mode": False})
        except Exception as error:
            # What Typer raises for usage errors has no public name, but a message.
            format_message = getattr(error, "format_message", None)
            if format_message is None:
                raise
            error_document = {"reason": "usage", "message": clean(format_message()), "exit_code": USAGE}
            typer.echo(to_json({"error": error_document}))
            code = USAGE
        sys.exit(code)

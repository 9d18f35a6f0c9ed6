"""The administrator's settings, purposes, packs, rules of retention, and how the deployment is doing."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from assent.errors import AssentError
from assent.faces import PackManifest
from assent.mandates import RecordKind, Role
from assent.services.add_pack import list_packs
from assent.services.apply_retention import list_retention_rules, set_retention_rule
from assent.services.check_health import check_health
from assent.services.define_purpose import define_purpose, list_purposes
from assent.services.describe_controller import list_purposes_in, translate_purpose
from assent.services.runtime import Runtime
from assent.services.send_test_mail import send_test_mail
from assent.services.sessions import SignedIn
from assent.services.show_status import show_status
from assent.services.sign_in.limits import CHANGEABLE, change_setting, show_changeable
from assent.services.sign_in.provider import has_provider, list_provider_roles, set_provider_roles
from assent.web.acting import Administrator, ConfirmedAdministrator, RuntimeHere
from assent.web.pages import absolute_url, redirect, render
from assent.web.setting_words import explain_setting, name_record, name_setting
from assent.web.signing import show_again
from assent.web.words import LANGUAGES, _

router = APIRouter(prefix="/administration")

Typed = Annotated[str, Form(max_length=200)]
LongText = Annotated[str, Form(max_length=10_000)]
Number = Annotated[int, Form(ge=0, le=1_000_000)]
RoleNames = Annotated[list[Role], Form(default_factory=list)]
Kind = Annotated[RecordKind, Form()]


# --- settings ----------------------------------------------------------------------------------------------------


@router.get("/settings")
def show_settings(request: Request, runtime: RuntimeHere, signed_in: Administrator) -> Response:
    """Show every setting with its meaning."""
    return render(request, "administration/settings.html", error="", **_settings(runtime, signed_in))


@router.post("/settings")
def set_setting(
    request: Request, runtime: RuntimeHere, signed_in: ConfirmedAdministrator, name: Typed, value: Number
) -> Response:
    """Change a setting."""
    try:
        change_setting(runtime, signed_in.actor, name=name, value=value)
    except AssentError as error:
        return show_again(request, "administration/settings.html", error, **_settings(runtime, signed_in))
    return redirect(request, "/administration/settings", _("The setting is changed; the ledger says so."))


@router.post("/settings/provider")
def set_rule(
    request: Request, runtime: RuntimeHere, signed_in: ConfirmedAdministrator, value: Typed, roles: RoleNames
) -> Response:
    """Say for which roles a value of the identity provider's claim vouches."""
    try:
        set_provider_roles(runtime, signed_in.actor, value=value, roles=roles)
    except AssentError as error:
        return show_again(request, "administration/settings.html", error, **_settings(runtime, signed_in))
    return redirect(request, "/administration/settings", _("The rule is changed."))


# --- purposes ----------------------------------------------------------------------------------------------------


@router.get("/purposes")
def show_purposes(request: Request, runtime: RuntimeHere, signed_in: Administrator) -> Response:
    """Show the purposes with their texts."""
    return render(request, "administration/purposes.html", error="", **_purposes(runtime, signed_in))


@router.post("/purposes")
def set_purpose(
    request: Request,
    runtime: RuntimeHere,
    signed_in: ConfirmedAdministrator,
    slug: Typed,
    text: LongText,
    text_version: Typed,
    language: Typed = "en",
) -> Response:
    """Define a purpose, or give it a new text."""
    try:
        define_purpose(runtime, signed_in.actor, slug=slug, text=text, text_version=text_version, language=language)
    except AssentError as error:
        typed = {"typed": {"slug": slug, "text": text, "text_version": text_version, "language": language}}
        return show_again(request, "administration/purposes.html", error, **(_purposes(runtime, signed_in) | typed))
    return redirect(request, "/administration/purposes", _("The text is kept; the ledger holds its digest."))


@router.post("/purposes/translations")
def set_translation(
    request: Request,
    runtime: RuntimeHere,
    signed_in: ConfirmedAdministrator,
    slug: Typed,
    text: LongText,
    text_version: Typed,
    language: Typed,
) -> Response:
    """Put a purpose's text into one more language."""
    actor = signed_in.actor
    try:
        translate_purpose(runtime, actor, slug=slug, text=text, text_version=text_version, language=language)
    except AssentError as error:
        return show_again(request, "administration/purposes.html", error, **_purposes(runtime, signed_in))
    return redirect(request, "/administration/purposes", _("The translation is kept."))


# --- packs, retention, health ------------------------------------------------------------------------------------


@router.get("/packs")
def show_packs(request: Request, runtime: RuntimeHere, _signed_in: Administrator) -> Response:
    """Show the packs that are here, each with what it says of itself."""
    packs = [(pack, _card(pack.manifest)) for pack in list_packs(runtime)]
    return render(request, "administration/packs.html", packs=packs)


@router.get("/retention")
def show_retention(request: Request, runtime: RuntimeHere, _signed_in: Administrator) -> Response:
    """Show how long each kind of record is kept."""
    return render(request, "administration/retention.html", error="", **_rules(runtime))


@router.post("/retention")
def set_retention(
    request: Request, runtime: RuntimeHere, signed_in: ConfirmedAdministrator, kind: Kind, days: Number
) -> Response:
    """Set how long one kind of record is kept."""
    try:
        set_retention_rule(runtime, signed_in.actor, kind, days)
    except AssentError as error:
        return show_again(request, "administration/retention.html", error, **_rules(runtime))
    return redirect(request, "/administration/retention", _("The rule is changed."))


@router.get("/health")
def show_health(request: Request, runtime: RuntimeHere, _signed_in: Administrator) -> Response:
    """Show whether every part works, and a few counts."""
    return render(request, "administration/health.html", error="", **_health(runtime))


@router.post("/mail-test")
def test_mail(request: Request, runtime: RuntimeHere, signed_in: Administrator) -> Response:
    """Send the administrator a mail now."""
    try:
        send_test_mail(runtime, signed_in.actor, absolute_url(request, "/administration/health"))
    except AssentError as error:
        return show_again(request, "administration/health.html", error, **_health(runtime))
    return redirect(request, "/administration/health", _("The mail server took the mail."))


def _settings(runtime: Runtime, signed_in: SignedIn) -> dict[str, Any]:
    now = show_changeable(runtime, signed_in.actor)
    fixed = [
        (field.name, explain_setting(field.name), _say(getattr(runtime.settings, field.name)))
        for field in fields(runtime.settings)
        if field.name not in CHANGEABLE
    ]
    changeable = [
        (name, name_setting(name), explain_setting(name), now[name], *CHANGEABLE[name]) for name in CHANGEABLE
    ]
    return {
        "changeable": changeable,
        "fixed": fixed,
        "has_provider": has_provider(runtime),
        "claim": runtime.settings.provider_roles_claim,
        "rules": list_provider_roles(runtime, signed_in.actor),
        "roles": list(Role),
    }


def _say(value: object) -> str:
    # Where a secret lies is no secret, yet needs no page: only whether it is set.
    return ("…/" + value.name) if isinstance(value, Path) else str(value)


def _purposes(runtime: Runtime, _signed_in: SignedIn) -> dict[str, Any]:
    purposes = list_purposes(runtime)
    translated = {language: list_purposes_in(runtime, language) for language in LANGUAGES}
    texts = [
        (
            purpose,
            [
                (language, known[purpose.slug].text)
                for language, known in translated.items()
                if language != purpose.language and known[purpose.slug].language == language
            ],
        )
        for purpose in purposes
    ]
    return {"purposes": texts, "typed": {"slug": "", "text": "", "text_version": "", "language": "en"}}


def _rules(runtime: Runtime) -> dict[str, Any]:
    return {"rules": [(rule, name_record(rule.kind)) for rule in list_retention_rules(runtime)]}


def _card(manifest: PackManifest) -> list[tuple[str, str]]:
    card = [
        (_("Version"), manifest.version),
        (_("Licence"), manifest.licence),
        (_("Trained on"), manifest.training_data),
        (_("Did the people in it agree?"), _("yes") if manifest.training_people_consented else _("not known, or no")),
        (_("Threshold rests on"), manifest.threshold_basis),
        (_("Origin"), manifest.origin or ""),
        (_("Known gaps"), manifest.known_gaps or ""),
    ]
    return [(title, text) for title, text in card if text]


def _health(runtime: Runtime) -> dict[str, Any]:
    return {
        "parts": check_health(runtime),
        "state": show_status(runtime),
        "has_mail": bool(runtime.settings.mail_host),
    }

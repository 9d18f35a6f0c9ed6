"""Where a deployment lies and the limits it keeps, read once from the environment and frozen."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from platformdirs import user_cache_path, user_data_path


@dataclass(frozen=True, slots=True)
class Settings:
    """One deployment's settings; every field is described in docs/settings.md."""

    data_folder: Path
    keys_folder: Path
    cache_folder: Path
    max_image_bytes: int = 25 * 1024 * 1024
    max_image_pixels: int = 50_000_000
    smallest_face_px: int = 40
    candidates_limit: int = 10
    worker_threads: int = 2
    database_url: str = field(default="", repr=False)
    database_password_file: Path | None = None
    public_url: str = "http://localhost:8000"
    metrics_token_file: Path | None = None
    mail_host: str = ""
    mail_port: int = 587
    mail_security: str = "starttls"
    mail_user: str = ""
    mail_password_file: Path | None = None
    mail_sender: str = ""
    idle_minutes: int = 30
    session_hours: int = 10
    confirmed_minutes: int = 10
    link_hours: int = 24
    needs_second_factor: bool = True
    provider_issuer: str = ""
    provider_client_id: str = ""
    provider_secret_file: Path | None = None
    provider_roles_claim: str = "groups"
    provider_name: str = "the organisation's account"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None, *, data_folder: Path | None = None) -> Self:
        """Read `ASSENT_DATA`, `ASSENT_KEYS` and `ASSENT_CACHE`; an explicit data folder wins over the variable.

        Keys lie beside the data folder, never inside it, so that a copy of the data holds no key.
        """
        env = os.environ if environment is None else environment
        data = data_folder or Path(env.get("ASSENT_DATA") or user_data_path("assent"))
        data = data.expanduser().absolute()
        keys = env.get("ASSENT_KEYS")
        return cls(
            data_folder=data,
            keys_folder=Path(keys).expanduser().absolute() if keys else data.with_name(data.name + ".keys"),
            cache_folder=Path(env.get("ASSENT_CACHE") or user_cache_path("assent")).expanduser().absolute(),
            **_read_serving(env),
            **_read_provider(env),
            **_read_mail(env),
        )


def _read_serving(env: Mapping[str, str]) -> dict[str, Any]:
    """Read what a served deployment needs, as far as it is set."""
    threads = env.get("ASSENT_WORKER_THREADS", "")
    found: dict[str, Any] = {"worker_threads": int(threads) if threads.isdigit() else max(1, os.cpu_count() or 1)}
    if address := env.get("ASSENT_PUBLIC_URL"):
        found["public_url"] = address
    if address := env.get("ASSENT_DATABASE"):
        found["database_url"] = address
    if password := env.get("ASSENT_DATABASE_PASSWORD_FILE"):
        found["database_password_file"] = Path(password).expanduser().absolute()
    if token := env.get("ASSENT_METRICS_TOKEN_FILE"):
        found["metrics_token_file"] = Path(token).expanduser().absolute()
    return found


def _read_provider(env: Mapping[str, str]) -> dict[str, Any]:
    """Read what names the identity provider, as far as it is set."""
    variables = {
        "provider_issuer": "ASSENT_OIDC_ISSUER",
        "provider_client_id": "ASSENT_OIDC_CLIENT_ID",
        "provider_roles_claim": "ASSENT_OIDC_ROLES_CLAIM",
        "provider_name": "ASSENT_OIDC_NAME",
    }
    found: dict[str, Any] = {field: env[name] for field, name in variables.items() if env.get(name)}
    if secret := env.get("ASSENT_OIDC_SECRET_FILE"):
        found["provider_secret_file"] = Path(secret).expanduser().absolute()
    return found


def _read_mail(env: Mapping[str, str]) -> dict[str, Any]:
    """Read what names the mail server, as far as it is set."""
    variables = {
        "mail_host": "ASSENT_MAIL_HOST",
        "mail_security": "ASSENT_MAIL_SECURITY",
        "mail_user": "ASSENT_MAIL_USER",
        "mail_sender": "ASSENT_MAIL_SENDER",
    }
    found: dict[str, Any] = {field: env[name] for field, name in variables.items() if env.get(name)}
    if port := env.get("ASSENT_MAIL_PORT"):
        found["mail_port"] = int(port)
    if secret := env.get("ASSENT_MAIL_PASSWORD_FILE"):
        found["mail_password_file"] = Path(secret).expanduser().absolute()
    return found

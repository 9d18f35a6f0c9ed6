"""An identity provider in the test's own process: it answers over a transport, no socket is opened."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

from assent.services.sign_in.provider_connection import ProviderConnection

ISSUER = "https://id.example.org"
CLIENT = "assent-of-the-town"
SECRET = "a client's secret"  # noqa: S105 (of an invented client)
CODE = "a-code"


@dataclass
class Provider:
    """One provider; what it says can be changed, to see what is believed."""

    now: float = 0.0
    subject: str = "subject-7"
    groups: Any = field(default_factory=list)
    amr: Any = field(default_factory=lambda: ["pwd", "otp"])
    changes: dict[str, Any] = field(default_factory=dict)
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "k1"}, private=True))
    signing_key: ECKey | None = None
    algorithm: str = "ES256"
    configuration: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def connect(self) -> ProviderConnection:
        """A connection that leads here."""
        return ProviderConnection(httpx.MockTransport(self._answer))

    def authorise(self, address: str, **changes: str) -> dict[str, str]:
        """See the browser come, remember what it asks, and send it back with a code and the state."""
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{ISSUER}/authorize"
        self.asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert self.asked["code_challenge_method"] == "S256"
        return {"code": CODE, "state": self.asked["state"], "iss": ISSUER} | changes

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request.url.path)
        match request.url.path:
            case "/.well-known/openid-configuration":
                return httpx.Response(200, json=self._configure())
            case "/keys":
                return httpx.Response(200, json={"keys": [self.key.as_dict(private=False)]})
            case "/token":
                return self._give_token(request)
        return httpx.Response(404)

    def _configure(self) -> dict[str, Any]:
        return {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
        } | self.configuration

    def _give_token(self, request: httpx.Request) -> httpx.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        basic = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        if challenge != self.asked["code_challenge"] or form["code"] != CODE or not basic.startswith(CLIENT):
            return httpx.Response(400, json={"error": "invalid_grant"})
        claims = {
            "iss": ISSUER,
            "sub": self.subject,
            "aud": CLIENT,
            "iat": int(self.now),
            "exp": int(self.now) + 300,
            "nonce": self.asked["nonce"],
            "groups": self.groups,
            "amr": self.amr,
        } | self.changes
        claims = {name: value for name, value in claims.items() if value is not None}
        token = jwt.encode({"alg": self.algorithm, "kid": "k1"}, claims, self.signing_key or self.key)
        return httpx.Response(200, content=json.dumps({"id_token": token, "token_type": "Bearer"}))

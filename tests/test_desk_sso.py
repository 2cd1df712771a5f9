"""Signing in by an identity provider and by a proxy: a provider of few words, spoken to over HTTP as a real one is."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from qa_speech.desk.office import DeskOptions, Office, OidcOptions, read_oidc
from qa_speech.errors import ConfigError
from qa_speech.marks.accounts import change_account
from tests import desk_kit as kit


class Provider:
    """An OpenID provider at a port of its own; `named` is who signs in, `spoilt` what it gets wrong."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "1"})
        self.named = "质检一"
        self.spoilt: dict[str, Any] = {}
        self.asked: dict[str, list[str]] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/.well-known/openid-configuration":
                    place = provider.place
                    self._say({
                        "issuer": place, "authorization_endpoint": f"{place}/auth", "token_endpoint": f"{place}/token",
                        "jwks_uri": f"{place}/keys",
                    })  # fmt: skip
                else:
                    self._say({"keys": [provider.key.as_dict(private=False)]})

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
                challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
                assert challenge == provider.asked["code_challenge"][0]
                self._say({"access_token": "x", "token_type": "Bearer", "id_token": provider.token()})

            def _say(self, document: Any) -> None:
                data = json.dumps(document).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.place = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def token(self) -> str:
        claims = {
            "iss": self.place, "aud": "desk", "exp": int(time.time()) + 60, "nonce": self.asked["nonce"][0],
            "preferred_username": self.named, **self.spoilt,
        }  # fmt: skip
        return jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.key)


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    found = Provider()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture(scope="module")
def office(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    options = OidcOptions(issuer=provider.place, client_id="desk", client_secret="secret")
    found = kit.opened(tmp_path_factory.mktemp("desk"), oidc=options)
    kit.people(found)
    yield found
    found.close()


def signed_in_by(provider: Provider, office: Office, named: str, **spoilt: Any) -> kit.Visitor:
    """Somebody who has gone to the provider and come back."""
    person = kit.Visitor(office)
    provider.named, provider.spoilt = named, spoilt
    there = person.get("/sso")
    provider.asked = parse_qs(urlparse(there.headers["location"]).query)
    person.back = person.get("/sso/back", params={"code": "c", "state": provider.asked["state"][0]})  # type: ignore[attr-defined]
    return person


def test_whom_the_provider_names_is_let_in_with_the_roles_he_has_here(provider: Provider, office: Office) -> None:
    person = signed_in_by(provider, office, "质检一")

    assert person.get("/api/me").json()["roles"] == ["inspector"]
    assert provider.asked["code_challenge_method"] == ["S256"]


@pytest.mark.parametrize(
    ("named", "spoilt"),
    [
        ("没有账号的人", {}), ("质检一", {"aud": "another"}), ("质检一", {"iss": "https://elsewhere.example"}),
        ("质检一", {"exp": 1}), ("质检一", {"nonce": "old"}), ("质检一", {"preferred_username": ""}),
    ],
)  # fmt: skip
def test_a_token_that_does_not_hold_lets_nobody_in(
    provider: Provider, office: Office, named: str, spoilt: dict[str, Any]
) -> None:
    person = signed_in_by(provider, office, named, **spoilt)

    assert person.back.status_code == 403  # type: ignore[attr-defined]
    assert person.get("/api/me").status_code == 401


def test_an_answer_that_nobody_asked_for_lets_nobody_in(provider: Provider, office: Office) -> None:
    person = kit.Visitor(office)
    person.get("/sso")

    assert person.get("/sso/back", params={"code": "c", "state": "guessed"}).status_code == 403
    assert kit.Visitor(office).get("/sso/back", params={"code": "c", "state": "x"}).status_code == 403


def test_the_header_of_a_proxy_is_believed_from_the_proxy_alone(office: Office) -> None:
    def visited(proxies: tuple[str, ...], name: str) -> int:
        options = msgspec.structs.replace(office.options, user_header="x-remote-user", proxies=proxies)
        other = object.__new__(Office)
        other.__dict__.update(office.__dict__)
        other.options = options
        person = kit.Visitor(other)
        person.get("/login", headers={"x-remote-user": name.encode()})
        return int(person.get("/api/me").status_code)

    assert visited(("testclient",), "质检一") == 200
    assert visited(("10.0.0.1",), "质检一") == 401
    assert visited(("testclient",), "没有账号的人") == 401
    change_account(office.base, "质检二", active=False)
    assert visited(("testclient",), "质检二") == 401


def test_settings_of_a_provider_say_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "oidc.toml"
    path.write_text('issuer = "https://id.example"\nclient_id = "desk"\n', encoding="utf-8")

    with pytest.raises(ConfigError, match="client_secret"):
        read_oidc(path)
    with pytest.raises(ConfigError, match="cannot read"):
        read_oidc(tmp_path / "none.toml")
    assert DeskOptions(run=tmp_path).oidc is None

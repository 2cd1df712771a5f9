"""Signing in by an identity provider: OpenID Connect, authorisation code with PKCE (extra `sso`).

The provider says who somebody is; whether he has an account, and which roles, is decided here.
"""

from __future__ import annotations

import secrets
from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from qa_speech.desk.doors import welcomed
from qa_speech.desk.guards import address_of
from qa_speech.desk.office import OidcOptions
from qa_speech.desk.pages import plain_page
from qa_speech.desk.signed import chosen_lang, office_of
from qa_speech.desk.words import ERRORS
from qa_speech.errors import ConfigError, problem
from qa_speech.marks.accounts import account_named
from qa_speech.marks.audit import noted
from qa_speech.wording.lang import pick

router = APIRouter(include_in_schema=False)
COOKIE = "desk_sso"
COOKIE_S = 600
TIMEOUT_S = 10
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
BACK = "/sso/back"


class Asked(msgspec.Struct, frozen=True):
    """What was sent to the provider, and has to come back with the answer."""

    state: str
    nonce: str
    verifier: str


class Endpoints(msgspec.Struct, frozen=True):
    """What a provider says of itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


def endpoints(options: OidcOptions) -> Endpoints:
    """Ask the provider where to go.

    Raises
    ------
    ConfigError
        It cannot be reached, or is another one than it was said to be.
    """
    issuer = options.issuer.rstrip("/")
    found = msgspec.convert(_fetched(f"{issuer}/.well-known/openid-configuration"), Endpoints)
    if found.issuer.rstrip("/") != issuer:
        raise ConfigError(
            "oidc",
            [problem("the provider calls itself {found}; expected {issuer}", found=found.issuer, issuer=issuer)],
        )
    return found


def _fetched(address: str) -> Any:
    import requests

    try:
        answer = requests.get(address, timeout=TIMEOUT_S)
        answer.raise_for_status()
        return answer.json()
    except (requests.RequestException, ValueError) as exc:
        raise ConfigError(
            "oidc", [problem("{address} does not answer: {kind}", address=address, kind=type(exc).__name__)]
        ) from exc


def _client(options: OidcOptions, back: str, state: str | None = None) -> Any:
    from authlib.integrations.requests_client import OAuth2Session

    return OAuth2Session(
        options.client_id, options.client_secret, scope=options.scope, redirect_uri=back, state=state,
        code_challenge_method="S256", default_timeout=TIMEOUT_S,
    )  # fmt: skip


def _options(request: Request) -> OidcOptions:
    options = office_of(request).options.oidc
    if options is None:
        raise HTTPException(404)
    return options


def _back(request: Request) -> str:
    return office_of(request).options.origins[0] + BACK


@router.get("/sso")
def begin(request: Request) -> Response:
    """Send the browser to the provider."""
    options = _options(request)
    asked = Asked(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))
    place = endpoints(options).authorization_endpoint
    client = _client(options, _back(request), asked.state)
    target, _ = client.create_authorization_url(
        place, state=asked.state, nonce=asked.nonce, code_verifier=asked.verifier
    )
    response = RedirectResponse(target, 303)
    secure = office_of(request).options.is_secure
    response.set_cookie(
        COOKIE, msgspec.json.encode(asked).hex(), max_age=COOKIE_S, httponly=True, secure=secure, samesite="lax"
    )
    return response


@router.get(BACK)
def end(request: Request, state: str = "", code: str = "") -> Response:
    """Let in whom the provider names, if there is an account of that name."""
    office, options = office_of(request), _options(request)
    asked = _asked(request.cookies.get(COOKIE, ""))
    if asked is None or not code or not secrets.compare_digest(asked.state.encode(), state.encode()):
        return _refused(request, "link_void")
    name = named_by(options, _back(request), code, asked)
    account = account_named(office.base, name) if name else None
    if account is None or not account.active:
        noted(office.base, name, "sign_in_failed", detail="sso", address=address_of(request, office.options))
        return _refused(request, "no_account", name=name)
    response = welcomed(request, office, account, RedirectResponse("/", 303), "sso")
    response.delete_cookie(COOKIE)
    return response


def _asked(cookie: str) -> Asked | None:
    try:
        return msgspec.json.decode(bytes.fromhex(cookie), type=Asked)
    except (ValueError, msgspec.DecodeError):
        return None


def named_by(options: OidcOptions, back: str, code: str, asked: Asked) -> str:
    """Whom the provider's ID token names, "" where it does not hold.

    Raises
    ------
    ConfigError
        The provider cannot be reached.
    """
    import requests
    from authlib.common.errors import AuthlibBaseError
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    place = endpoints(options)
    try:
        token = _client(options, back).fetch_token(place.token_endpoint, code=code, code_verifier=asked.verifier)
        keys = KeySet.import_key_set(_fetched(place.jwks_uri))
        claims = jwt.decode(token["id_token"], keys, algorithms=ALGORITHMS).claims
        wanted = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": place.issuer}, aud={"essential": True, "value": options.client_id},
            exp={"essential": True}, nonce={"essential": True, "value": asked.nonce},
        )  # fmt: skip
        wanted.validate(claims)
    except (AuthlibBaseError, JoseError, KeyError, ValueError):
        return ""
    except requests.RequestException as exc:
        raise ConfigError(
            "oidc",
            [
                problem(
                    "{token_endpoint} does not answer: {kind}",
                    token_endpoint=place.token_endpoint,
                    kind=type(exc).__name__,
                )
            ],
        ) from exc
    return str(claims.get(options.claim, ""))


def _refused(request: Request, key: str, **parts: str) -> Response:
    said = pick(chosen_lang(request, office_of(request)), *ERRORS[key]).format(**parts)
    return plain_page(request, "message", csrf=secrets.token_urlsafe(32), status=403, heading=said, said="")

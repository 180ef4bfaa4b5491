"""Short-lived tokens between agents and people: JWT, EdDSA only, one key pair per principal.

A shared secret would let each verifier forge, so there is none. The key is found by `kid` among the trusted keys, never
from the token (`jku`, `jwk`, `x5u`, `crit` are refused), and the principal is the key's, not the token's word.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from l9stack.agent._security.keys import Trust, kid

TYPE = "l9+jwt"
MAX_SECONDS = 900
_LEEWAY = 5
_REFUSED_HEADERS = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip"})


class TokenError(Exception):
    """The token is not good; the message says why, and nothing of the token."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: `agent:<id>`, `operator` or `anchor:<name>`, and the token's own id."""

    principal: str
    token_id: str


def mint(principal: str, key: Ed25519PrivateKey, audience: str, seconds: int = 300) -> str:
    """A token of `principal` for one agent, good for at most 15 minutes."""
    now = int(time.time())
    claims = {
        "iss": principal,
        "sub": principal,
        "aud": audience,
        "iat": now,
        "nbf": now,
        "exp": now + min(seconds, MAX_SECONDS),
        "jti": str(uuid.uuid4()),
    }
    return jwt.encode(claims, key, "EdDSA", {"typ": TYPE, "kid": kid(principal, key.public_key())})


def verify(token: str, audience: str, trust: Trust) -> Caller:
    """Who the token speaks for.

    Raises:
        TokenError: for anything that is not exactly a fresh token of a trusted principal for this agent.
    """
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError as error:
        raise TokenError("not a token") from error
    if header.get("typ") != TYPE or header.get("alg") != "EdDSA" or _REFUSED_HEADERS & header.keys():
        raise TokenError("wrong kind of token")
    key_id = header.get("kid")
    trusted = trust.find(key_id) if isinstance(key_id, str) else None
    if trusted is None:
        raise TokenError("unknown key")
    principal, public = trusted
    try:
        claims = jwt.decode(
            token,
            public,
            ["EdDSA"],
            audience=audience,
            issuer=principal,
            leeway=_LEEWAY,
            options={"require": ["iss", "sub", "aud", "iat", "nbf", "exp", "jti"]},
        )
    except jwt.InvalidTokenError as error:
        raise TokenError(type(error).__name__.removesuffix("Error")) from error
    if not isinstance(claims["aud"], str) or claims["sub"] != principal or not isinstance(claims["jti"], str):
        raise TokenError("wrong claims")
    if claims["exp"] - claims["iat"] > MAX_SECONDS:
        raise TokenError("lives too long")
    return Caller(principal, claims["jti"])

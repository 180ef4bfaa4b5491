"""Bad tokens of every kind are refused on every guarded route (THREATS, tokens)."""

import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from l9stack.agent._security import keys, tokens

ROUTES = (
    ("POST", "/packets"),
    ("POST", "/claims"),
    ("GET", "/echo"),
    ("POST", "/operations/decide"),
    ("GET", "/decisions"),
    ("GET", "/decisions/x"),
    ("POST", "/decisions/x"),
)


def claims(**changes):
    now = int(time.time())
    good = {"iss": "operator", "sub": "operator", "aud": "desk", "iat": now, "nbf": now, "exp": now + 60, "jti": "one"}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def bad_tokens(key, kid):
    header = {"typ": tokens.TYPE, "kid": kid}

    def signed(payload, head=header, with_key=key, algorithm="EdDSA"):
        return jwt.encode(payload, with_key, algorithm, head)

    now = int(time.time())
    yield "absent", ""
    yield "garbage", "not.a.token"
    for spelling in ("none", "None", "NONE", "nOnE"):
        unsigned = jwt.api_jws.base64url_encode(
            f'{{"alg":"{spelling}","typ":"l9+jwt","kid":"{kid}"}}'.encode()
        ).decode()
        body = signed(claims()).split(".")[1]
        yield f"algorithm {spelling}", f"{unsigned}.{body}."
    yield "shared secret", signed(claims(), with_key="x" * 32, algorithm="HS256")
    yield "another algorithm", signed(claims(), with_key=rsa.generate_private_key(65537, 2048), algorithm="RS256")
    yield "yet another", signed(claims(), with_key=ec.generate_private_key(ec.SECP256R1()), algorithm="ES256")
    yield "another's key", signed(claims(), with_key=Ed25519PrivateKey.generate())
    for name in ("jku", "jwk", "x5u", "x5c"):
        yield name, signed(claims(), {**header, name: "http://127.0.0.1:9/keys"})
    yield "no kid", signed(claims(), {"typ": tokens.TYPE})
    yield "unknown kid", signed(claims(), {**header, "kid": "0" * 16})
    yield "path as kid", signed(claims(), {**header, "kid": "../../etc/passwd"})
    yield "wrong type", signed(claims(), {**header, "typ": "JWT"})
    yield "audience missing", signed(claims(aud=None))
    yield "audience wrong", signed(claims(aud="other"))
    yield "audience list", signed(claims(aud=["desk", "other"]))
    yield "expired", signed(claims(iat=now - 900, nbf=now - 900, exp=now - 60))
    yield "no expiry", signed(claims(exp=None))
    yield "lives too long", signed(claims(exp=now + 86400))
    yield "not yet valid", signed(claims(nbf=now + 300, exp=now + 600))
    yield "issuer wrong", signed(claims(iss="anchor:Ada"))
    yield "subject of another", signed(claims(sub="anchor:Ada"))
    yield "no id", signed(claims(jti=None))


async def test_no_bad_token_passes_any_guarded_route(desk):
    desk.token("operator")
    key = keys.load_private(desk._keys, "operator")
    tried = 0
    for name, token in bad_tokens(key, keys.kid("operator", key.public_key())):
        for method, path in ROUTES:
            headers = {"authorization": f"Bearer {token}"} if token else {}
            response = await desk._client.request(method, path, json={} if method == "POST" else None, headers=headers)
            assert response.status_code == 401, (name, method, path)
            tried += 1
    assert tried >= 20 * len(ROUTES)


def test_a_good_token_names_its_principal(tmp_path):
    keys.ensure_keys(tmp_path, ["operator", "anchor:Ada"])
    trust = keys.Trust(tmp_path)
    for principal in ("operator", "anchor:Ada"):
        token = tokens.mint(principal, keys.load_private(tmp_path, principal), "desk")
        assert tokens.verify(token, "desk", trust).principal == principal
    with pytest.raises(tokens.TokenError):
        tokens.verify(token, "other", trust)


def test_private_keys_are_readable_by_their_owner_only(tmp_path):
    folder = tmp_path / "keys"
    keys.ensure_keys(folder, ["operator"])
    before = keys.key_file(folder, "operator").read_bytes()
    keys.ensure_keys(folder, ["operator", "agent:a"])
    assert keys.key_file(folder, "operator").read_bytes() == before
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


@pytest.mark.parametrize("text", ["", "xx{", "[]", '{"keys": [1]}', '{"keys": [{"kid": "a"}]}'])
def test_a_damaged_list_of_keys_changes_nobodys_trust_and_is_not_written_over(tmp_path, text):
    keys.ensure_keys(tmp_path, ["operator"])
    trust = keys.Trust(tmp_path)
    token = tokens.mint("operator", keys.load_private(tmp_path, "operator"), "desk")
    assert tokens.verify(token, "desk", trust).principal == "operator"
    (tmp_path / keys.TRUSTED).unlink()
    assert tokens.verify(token, "desk", trust).principal == "operator"
    (tmp_path / keys.TRUSTED).write_text(text)
    assert tokens.verify(token, "desk", trust).principal == "operator"
    with pytest.raises(tokens.TokenError):
        tokens.verify(token, "desk", keys.Trust(tmp_path))
    with pytest.raises(keys.KeyFileError, match=rf"{keys.TRUSTED} is damaged.*remove it, and `l9 up`"):
        keys.ensure_keys(tmp_path, ["operator", "anchor:Ada"])
    assert (tmp_path / keys.TRUSTED).read_text() == text


@pytest.mark.parametrize("text", ["", "xx{", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_damaged_private_key_is_told_and_no_new_one_takes_its_place(tmp_path, text):
    keys.ensure_keys(tmp_path, ["operator"])
    path = keys.key_file(tmp_path, "operator")
    path.write_text(text)
    for use in (lambda: keys.load_private(tmp_path, "operator"), lambda: keys.ensure_keys(tmp_path, ["operator"])):
        with pytest.raises(keys.KeyFileError, match=rf"{path.name} is damaged.*`l9 up` makes a new one"):
            use()
    assert path.read_text() == text
    path.unlink()
    keys.ensure_keys(tmp_path, ["operator"])
    assert keys.load_private(tmp_path, "operator")

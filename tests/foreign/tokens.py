"""Exchanges access tokens with PyJWT."""

import sys
import time

import jwt
import requests
from cryptography.hazmat.primitives.serialization import load_pem_private_key

server, path = sys.argv[1:]
with open(path, "rb") as file:
    text = file.read().strip()
if text.startswith(b"-----BEGIN"):
    private = load_pem_private_key(text, password=None)
    public, algorithm = private.public_key(), "EdDSA"
else:
    private, public, algorithm = text, text, "HS256"

form = {"username": "johndoe", "password": "secret", "scope": "me"}
token = requests.post(f"{server}/token", data=form, timeout=60).json()["access_token"]


def status(token):
    return requests.get(f"{server}/users/me", headers={"authorization": f"Bearer {token}"}, timeout=60).status_code


# Ours is read there.
assert jwt.get_unverified_header(token).keys() == {"alg", "typ", "kid"}
claims = jwt.decode(token, public, algorithms=[algorithm], audience="urn:auth-runtime", issuer="urn:auth-runtime")
assert claims["sub"] == "johndoe" and claims["scope"] == "me", claims
assert set(claims) == {"iss", "sub", "aud", "iat", "exp", "jti", "scope", "client_id"}, claims
assert status(token) == 200


# Theirs is read here, and refused wherever it should be.
def make(headers=None, key=private, algorithm=algorithm, **changes):
    made = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return jwt.encode(made, key, algorithm=algorithm, headers={"typ": "at+jwt", **(headers or {})})


now = int(time.time())
assert status(make()) == 200
for refused in [
    make(exp=now - 1),
    make(exp=None),
    make(nbf=now + 600),
    make(iss="urn:other"),
    make(aud="urn:other"),
    make(sub=None),
    make(sub="nobody"),
    make(headers={"typ": "JWT"}),
    make(headers={"crit": ["exp"]}),
    make(key="another-key-that-is-long-enough-to-be-one", algorithm="HS256"),
    make(key=None, algorithm="none"),
    make(key=text, algorithm="HS512") if algorithm == "HS256" else make(key="x" * 32, algorithm="HS256"),
]:
    assert status(refused) == 401, jwt.decode(refused, options={"verify_signature": False})
assert status(make(scope="items")) == 403

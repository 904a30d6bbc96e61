"""Discovers, logs in, renews, revokes, introspects and verifies tokens with Authlib, unmodified."""

import os
import sys
import time
import warnings
from importlib.metadata import version
from urllib.parse import quote_plus

import requests
from authlib.integrations.requests_client import OAuth2Session, OAuthError
from authlib.oauth2.rfc6750.errors import InsufficientScopeError, InvalidTokenError
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet, OctKey

# The server under test listens on the loopback interface.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
# RFC 9864 deprecates the name, which everybody knows; its new one is known to few.
warnings.filterwarnings("ignore", "EdDSA is deprecated via RFC 9864")

server, username, password, public_id, plain_id, plain_secret, odd_id, odd_secret = sys.argv[1:]
METHODS = ["client_secret_basic", "client_secret_post"]
AUDIENCE = "urn:auth-runtime"
checks = 0


def check(holds, what):
    global checks
    checks += 1
    if not holds:
        raise SystemExit(f"Authlib: {what}")


def refused(error, call, what):
    try:
        answer = call()
    except OAuthError as raised:
        check(raised.error == error, f"{what}: {raised}, and not {error}")
    else:
        check(False, f"{what} was accepted: {answer}")


# RFC 8414. `response_types_supported` is required by section 2, and must be left out if it is empty by section 3.2: a
# server without an authorization endpoint cannot please both, and Authlib wants a response type of it.
metadata = AuthorizationServerMetadata(requests.get(get_well_known_url(server, external=True), timeout=60).json())
check(metadata["issuer"] == server, metadata)
check(metadata["response_types_supported"] == [], metadata)
for name in AuthorizationServerMetadata.REGISTRY_KEYS:
    if name != "response_types_supported":
        getattr(metadata, f"validate_{name}")()
        checks += 1
check(set(metadata["grant_types_supported"]) == {"password", "refresh_token", "client_credentials"}, metadata)
endpoint, revocation, introspection = (
    metadata[f"{name}_endpoint"] for name in ["token", "revocation", "introspection"]
)
profile, items = f"{server}/users/me", f"{server}/items"


def public(**options):
    return OAuth2Session(public_id, token_endpoint=endpoint, token_endpoint_auth_method="none", **options)


def confidential(method="client_secret_basic", client_id=plain_id, secret=plain_secret, **options):
    return OAuth2Session(
        client_id,
        secret,
        token_endpoint=endpoint,
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        **options,
    )


def log_in(session, **changes):
    return session.fetch_token(endpoint, **{"username": username, "password": password, **changes})


resource_server = confidential()


def introspect(token, hint=None):
    answer = resource_server.introspect_token(introspection, token=token, token_type_hint=hint)
    check(answer.status_code == 200, f"introspection: {answer.status_code} {answer.text}")
    check(answer.headers["cache-control"] == "no-store", answer.headers)
    return answer.json()


# Logging in (RFC 6749 section 4.3), and what the token opens.
session = public(scope="me items")
token = log_in(session)
check(token["token_type"] == "Bearer" and token["expires_in"] == 1800 and token["scope"] == "me items", token)
check(session.get(profile).json()["username"] == username, "the profile")
check(session.get(items).status_code == 200, "the items")
narrow = public(scope="me")
log_in(narrow)
check(narrow.get(profile).status_code == 200, "the profile, with the scope me")
check(narrow.get(items).status_code == 403, "the items, with the scope me")
refused("invalid_grant", lambda: log_in(public(), password="wrong"), "a wrong password")
refused("invalid_scope", lambda: log_in(public(scope="me admin")), "a scope that there is not")
refused("invalid_client", lambda: log_in(OAuth2Session("nobody", token_endpoint_auth_method="none")), "a stranger")
refused("unsupported_grant_type", lambda: public().fetch_token(endpoint, grant_type="urn:example:own"), "a grant type")

# A token that has expired is renewed by itself (RFC 6749 section 6).
renewals = []
renewing = public(scope="me items", update_token=lambda new, refresh_token=None: renewals.append((new, refresh_token)))
first = dict(log_in(renewing))
renewing.token = {**first, "expires_at": int(time.time()) - 1}
check(renewing.get(profile).status_code == 200, "the profile, after a renewal")
check(len(renewals) == 1 and renewals[0][1] == first["refresh_token"], renewals)
second = dict(renewing.token)
check(second["refresh_token"] != first["refresh_token"], "a refresh token that is used up comes again")
check(second["access_token"] != first["access_token"] and second["scope"] == "me items", second)
third = dict(renewing.refresh_token(endpoint, scope="me"))
check(third["scope"] == "me" and renewing.get(items).status_code == 403, third)
wide = lambda: renewing.refresh_token(endpoint, scope="me items admin")
refused("invalid_scope", wide, "a renewal for more")
fourth = dict(renewing.refresh_token(endpoint))
check(fourth["scope"] == "me items", "a narrow access token narrowed its session")

# One that is used again ends its session (RFC 9700 section 4.14.2).
replay = lambda: public().refresh_token(endpoint, refresh_token=first["refresh_token"])
check(introspect(fourth["access_token"])["active"] is True, "a good token")
refused("invalid_grant", replay, "a replayed refresh token")
refused("invalid_grant", lambda: renewing.refresh_token(endpoint), "the refresh token of a replayed session")
check(introspect(fourth["access_token"]) == {"active": False}, "the access token of a replayed session")
check(requests.get(profile, headers={"authorization": f"Bearer {fourth['access_token']}"}).status_code == 401, "replay")

# Introspection (RFC 7662).
found = introspect(token["access_token"], "access_token")
expected = {"active": True, "scope": "me items", "client_id": public_id, "username": username, "sub": username}
expected |= {"token_type": "Bearer", "iss": server, "aud": AUDIENCE}
check({name: found.get(name) for name in expected} == expected, found)
check(found["exp"] - found["iat"] == 1800, found)
found = introspect(token["refresh_token"], "refresh_token")
check(found["active"] is True and found["username"] == username and "token_type" not in found, found)
# A hint that is wrong is only a hint (RFC 7662 section 2.1).
check(introspect(token["refresh_token"], "access_token")["active"] is True, "a wrong hint")
check(introspect("unknown") == {"active": False}, "an unknown token")
for asking, status in [
    (confidential(secret="wrong" * 10), 401),
    (confidential("client_secret_post", secret="wrong" * 10), 401),
    (public(), 400),
]:
    answer = asking.introspect_token(introspection, token=token["access_token"])
    check(answer.status_code == status and "active" not in answer.json(), f"{answer.status_code} {answer.text}")
    check(answer.headers["cache-control"] == "no-store", answer.headers)

# Revocation (RFC 7009): of an access token alone, and of a session by its refresh token.
for method in METHODS:
    session = confidential(method, scope="me items")
    token = log_in(session)
    other = OAuth2Session(public_id, revocation_endpoint_auth_method="none")
    check(other.revoke_token(revocation, token=token["access_token"]).status_code == 200, "another client's token")
    check(introspect(token["access_token"])["active"] is True, "another client took a token away")
    answer = session.revoke_token(revocation, token=token["access_token"], token_type_hint="access_token")
    check(answer.status_code == 200, f"revocation: {answer.status_code} {answer.text}")
    check(introspect(token["access_token"]) == {"active": False}, "a revoked token")
    check(session.get(profile).status_code == 401, "the profile, with a revoked token")
    renewed = session.refresh_token(endpoint)
    check(session.get(profile).status_code == 200, "the profile, after a renewal")
    answer = session.revoke_token(revocation, token=renewed["refresh_token"], token_type_hint="refresh_token")
    check(answer.status_code == 200, f"revocation: {answer.status_code} {answer.text}")
    check(introspect(renewed["refresh_token"]) == {"active": False}, "a revoked refresh token")
    check(introspect(renewed["access_token"]) == {"active": False}, "an access token of an ended session")
    refused("invalid_grant", lambda: session.refresh_token(endpoint), "a revoked refresh token")
    check(session.revoke_token(revocation, token="unknown").status_code == 200, "an unknown token")

# A client's own token (RFC 6749 section 4.4).
for method in METHODS:
    session = confidential(method)
    token = session.fetch_token(endpoint, grant_type="client_credentials")
    check(set(token["scope"].split()) == {"me", "items"} and "refresh_token" not in token, token)
    check(session.get(items).status_code == 200 and session.get(profile).status_code == 401, "a client's own token")
    found = introspect(token["access_token"])
    check(found["sub"] == found["client_id"] == plain_id and "username" not in found, found)
    token = session.fetch_token(endpoint, grant_type="client_credentials", scope="me")
    check(token["scope"] == "me" and session.get(items).status_code == 403, token)
    ask = lambda secret: confidential(method, secret=secret).fetch_token(endpoint, grant_type="client_credentials")
    refused("invalid_client", lambda: ask("wrong" * 10), f"a wrong secret by {method}")
    refused("invalid_client", lambda: ask(f"{plain_secret}x"), f"a longer secret by {method}")
by_public = lambda: public().fetch_token(endpoint, grant_type="client_credentials")
refused("unauthorized_client", by_public, "a public client")

# Identifiers and secrets with characters that a form encodes. In the body, Authlib does that. In the header it should
# too (RFC 6749 section 2.3.1), and writes them as they are, so that the caller has to.
odd = confidential("client_secret_post", odd_id, odd_secret)
ask = lambda session: session.fetch_token(endpoint, grant_type="client_credentials")
check(ask(odd)["token_type"] == "Bearer", "an odd secret in the body")
check(odd.introspect_token(introspection).json()["client_id"] == odd_id, "an odd client introspects")
check(odd.revoke_token(revocation).status_code == 200, "an odd client revokes")
check(odd.introspect_token(introspection).json() == {"active": False}, "an odd client's revoked token")
as_it_is = confidential("client_secret_basic", odd_id, odd_secret)
refused("invalid_client", lambda: ask(as_it_is), "an odd secret that is not encoded")
encoded = confidential("client_secret_basic", quote_plus(odd_id), quote_plus(odd_secret))
check(ask(encoded)["token_type"] == "Bearer", "an odd secret that is encoded")
check(encoded.introspect_token(introspection).json()["client_id"] == odd_id, "an odd client introspects")


# Access tokens as JWTs (RFC 9068), verified with the keys that are served.
served = requests.get(metadata["jwks_uri"], timeout=60).json()
keys = KeySet.import_key_set(served)
for key, text in zip(keys.keys, served["keys"], strict=True):
    check(not {"d", "p", "q", "k"} & set(text) and text["use"] == "sig", text)
    # RFC 7638.
    check(key.kid == key.thumbprint(), text)
algorithms = [key["alg"] for key in served["keys"]]
session = public(scope="me items")
user_token = log_in(session)["access_token"]
client_token = ask(confidential())["access_token"]
required = {"iss", "exp", "aud", "sub", "client_id", "iat", "jti"}
for token, client, subject, others in [
    (user_token, public_id, username, {"scope", "sid"}),
    (client_token, plain_id, plain_id, {"scope"}),
]:
    decoded = jwt.decode(token, keys, algorithms=algorithms)
    check(decoded.header["typ"] == "at+jwt" and decoded.header["alg"] == algorithms[0], decoded.header)
    check(decoded.header["kid"] in {key["kid"] for key in served["keys"]}, decoded.header)
    claims = decoded.claims
    check(set(claims) == required | others, claims)
    check((claims["iss"], claims["aud"]) == (server, AUDIENCE), claims)
    check((claims["client_id"], claims["sub"]) == (client, subject), claims)
    check(set(claims["scope"].split()) == {"me", "items"}, claims)
    check(all(isinstance(claims[name], int) for name in ["iat", "exp"]), claims)
    check(abs(claims["iat"] - time.time()) < 60 and claims["exp"] == claims["iat"] + 1800, claims)
    signed, signature = token.rsplit(".", 1)
    changed = f"{signed}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    try:
        jwt.decode(changed, keys, algorithms=algorithms)
        check(False, "a changed signature verifies")
    except BadSignatureError:
        checks += 1


class ResourceServer(JWTBearerTokenValidator):
    def get_jwks(self):
        return keys


def accepts(validator, token, scopes=("me",)):
    try:
        validator.validate_token(validator.authenticate_token(token), scopes, None)
        return True
    except (InsufficientScopeError, InvalidTokenError):
        return False


# It takes the algorithms that joserfc recommends, and EdDSA is no longer one of them.
recommended = "EdDSA" not in algorithms
check(accepts(ResourceServer(server, AUDIENCE), user_token) is recommended, "a token for Authlib's resource server")
check(not accepts(ResourceServer(server, AUDIENCE), user_token, ["admin"]), "a scope that the token has not")
check(not accepts(ResourceServer("https://other.example", AUDIENCE), user_token), "another issuer")
check(not accepts(ResourceServer(server, "urn:other"), user_token), "another audience")

# A public key is no secret to sign with.
secret = OctKey.import_key(served["keys"][0]["x"])
confused = jwt.encode({"alg": "HS256", "typ": "at+jwt", "kid": served["keys"][0]["kid"]}, claims, secret)
check(requests.get(items, headers={"authorization": f"Bearer {confused}"}, timeout=60).status_code == 401, "a forgery")

print(f"Authlib {version('Authlib')}, {algorithms[0]}: {checks} checks")

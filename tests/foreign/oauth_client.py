"""Logs in with requests-oauthlib, unmodified, in both profiles."""

import os
import sys

from oauthlib.oauth2 import InvalidGrantError, LegacyApplicationClient
from requests_oauthlib import OAuth2Session

# The servers under test listen on the loopback interface.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

standard, fastapi = sys.argv[1:]

session = OAuth2Session(client=LegacyApplicationClient(client_id="tests", scope=["me", "items"]))
token = session.fetch_token(f"{standard}/token", username="johndoe", password="secret")
assert token["token_type"] == "Bearer" and token["expires_in"] == 1800, token
assert token.scope_changed is False, token
assert session.get(f"{standard}/users/me/items").json() == [{"item_id": "Foo", "owner": "johndoe"}]

session = OAuth2Session(client=LegacyApplicationClient(client_id="tests"))
try:
    session.fetch_token(f"{standard}/token", username="johndoe", password="wrong")
    raise SystemExit("a wrong password was accepted")
except InvalidGrantError as error:
    assert "password is wrong" in error.description, error

session = OAuth2Session(client=LegacyApplicationClient(client_id="tests"))
session.fetch_token(f"{fastapi}/token", username="johndoe", password="secret")
assert session.get(f"{fastapi}/users/me").json()["full_name"] == "John Doe"

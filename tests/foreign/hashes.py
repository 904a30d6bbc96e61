"""Exchanges password hashes with argon2-cffi and pwdlib."""

import sqlite3
import sys

import requests
from argon2 import PasswordHasher
from pwdlib import PasswordHash

server, path = sys.argv[1:]


def log_in(username, password):
    form = {"username": username, "password": password}
    return requests.post(f"{server}/token", data=form, timeout=60).status_code


def stored(username):
    with sqlite3.connect(path, timeout=60) as database:
        return database.execute("SELECT hashed_password FROM users WHERE username = ?", [username]).fetchone()[0]


def store(username, hashed):
    with sqlite3.connect(path, timeout=60) as database:
        row = [username, None, None, 0, hashed]
        database.execute("INSERT INTO users VALUES (?, ?, ?, ?, ?)", row)


# Theirs log in here.
fastapi = PasswordHash.recommended()
theirs = {
    "pwdlib": fastapi.hash("pässword"),
    "argon2-cffi": PasswordHasher(time_cost=3, memory_cost=65536, parallelism=4).hash("pässword"),
}
for username, hashed in theirs.items():
    assert "m=65536,t=3,p=4" in hashed, hashed
    store(username, hashed)
    assert log_in(username, "pässword") == 200, username
    assert log_in(username, "password") == 400, username
    assert stored(username) == hashed, "a stronger hash is kept"

# A weaker one logs in too, and is replaced by one of ours.
store("weak", PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("pässword"))
assert log_in("weak", "wrong") == 400 and "m=8192" in stored("weak")
assert log_in("weak", "pässword") == 200
assert "m=19456,t=2,p=1" in stored("weak"), stored("weak")

# Ours verify there.
for username, password in [("johndoe", "secret"), ("weak", "pässword")]:
    ours = stored(username)
    assert PasswordHasher().verify(ours, password)
    assert fastapi.verify(password, ours)
    assert not fastapi.verify(f"{password}x", ours)

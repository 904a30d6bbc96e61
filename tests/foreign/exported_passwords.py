"""Passwords as other systems keep them: one JSON object a line, with the scheme, the password and the stored hash."""

import json

import argon2
import bcrypt
import django
from django.conf import settings
from passlib.hash import pbkdf2_sha256, scrypt
from werkzeug.security import generate_password_hash

settings.configure(
    PASSWORD_HASHERS=[
        f"django.contrib.auth.hashers.{name}"
        for name in (
            "PBKDF2PasswordHasher",
            "Argon2PasswordHasher",
            "BCryptPasswordHasher",
            "BCryptSHA256PasswordHasher",
            "ScryptPasswordHasher",
        )
    ]
)
django.setup()
from django.contrib.auth.hashers import make_password  # noqa: E402  (after its settings)

PASSWORDS = ["correct horse battery staple", "grüße, 世界 \U0001F980"]
LONG = "long " + "ä" * 50 + "the rest of it"


def show(scheme, password, stored):
    print(json.dumps({"scheme": scheme, "password": password, "stored": stored}))


for password in PASSWORDS:
    for hasher in ("pbkdf2_sha256", "argon2", "bcrypt", "bcrypt_sha256", "scrypt"):
        show(f"Django {hasher}", password, make_password(password, hasher=hasher))
    show("passlib pbkdf2_sha256", password, pbkdf2_sha256.hash(password))
    show("passlib scrypt", password, scrypt.using(rounds=14).hash(password))
    show("Werkzeug scrypt", password, generate_password_hash(password, "scrypt"))
    show("Werkzeug pbkdf2", password, generate_password_hash(password, "pbkdf2:sha256"))
    show("bcrypt 2b", password, bcrypt.hashpw(password.encode(), bcrypt.gensalt(10)).decode())
    show("bcrypt 2a", password, bcrypt.hashpw(password.encode(), bcrypt.gensalt(10, prefix=b"2a")).decode())
    show("argon2i", password, argon2.PasswordHasher(type=argon2.Type.I).hash(password))
    show("argon2d", password, argon2.PasswordHasher(type=argon2.Type.D).hash(password))

# A long password, as bcrypt's writers cut it, and as those do that hash it before.
show("bcrypt 2b, long", LONG, bcrypt.hashpw(LONG.encode()[:72], bcrypt.gensalt(10)).decode())
show("Django bcrypt_sha256, long", LONG, make_password(LONG, hasher="bcrypt_sha256"))
show("Django pbkdf2_sha256, long", LONG, make_password(LONG, hasher="pbkdf2_sha256"))

"""FastAPI's security tutorial, its last chapter, with what it leaves to the reader: issuer, audience and type of the token are
checked, and the key comes from a file. uvicorn with httptools and uvloop, one worker."""

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated

import jwt
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Security, status
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm, SecurityScopes
from jwt.exceptions import InvalidTokenError
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import BaseModel

SECRET_KEY = Path(os.environ["KEY_FILE"]).read_text().strip()
ALGORITHM = "HS256"
ISSUER = "urn:bench"
LIFETIME = timedelta(hours=24)

password_hash = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19456, parallelism=1),))


class Token(BaseModel):
    access_token: str
    token_type: str


class TokenData(BaseModel):
    username: str
    scopes: list[str] = []


class User(BaseModel):
    username: str
    email: str | None = None
    full_name: str | None = None
    disabled: bool | None = None


class UserInDB(User):
    hashed_password: str


users_db = {
    username: {
        "username": username,
        "email": f"{username}@example.com",
        "full_name": full_name,
        "disabled": disabled,
        "hashed_password": password_hash.hash(password),
    }
    for username, password, full_name, disabled in (
        ("johndoe", "correct horse battery", "John Doe", False),
        ("janedoe", "staple of a battery", "Jane Doe", False),
        ("alice", "a horse of no use", "Alice Chains", True),
    )
}
somebody = User(**users_db["johndoe"])

oauth2_scheme = OAuth2PasswordBearer(
    tokenUrl="token", scopes={"me": "Read information about the current user."}
)
app = FastAPI()


def get_user(db, username: str):
    if username in db:
        return UserInDB(**db[username])


def authenticate_user(db, username: str, password: str):
    user = get_user(db, username)
    if not user or not password_hash.verify(password, user.hashed_password):
        return None
    return user


def create_access_token(username: str, scopes: list[str]):
    now = datetime.now(timezone.utc)
    claims = {
        "iss": ISSUER,
        "sub": username,
        "aud": ISSUER,
        "client_id": "urn:bench:first-party",
        "iat": now,
        "exp": now + LIFETIME,
        "jti": "AAAAAAAAAAAAAAAAAAAAAA",
        "scope": " ".join(scopes),
    }
    return jwt.encode(claims, SECRET_KEY, algorithm=ALGORITHM, headers={"typ": "at+jwt"})


async def get_current_user(security_scopes: SecurityScopes, token: Annotated[str, Depends(oauth2_scheme)]):
    if security_scopes.scopes:
        authenticate_value = f'Bearer scope="{security_scopes.scope_str}"'
    else:
        authenticate_value = "Bearer"
    credentials_exception = HTTPException(
        status_code=status.HTTP_401_UNAUTHORIZED,
        detail="Could not validate credentials",
        headers={"WWW-Authenticate": authenticate_value},
    )
    try:
        decoded = jwt.decode_complete(
            token, SECRET_KEY, algorithms=[ALGORITHM], issuer=ISSUER, audience=ISSUER, options={"require": ["exp", "sub"]}
        )
    except InvalidTokenError:
        raise credentials_exception
    if decoded["header"].get("typ") != "at+jwt":
        raise credentials_exception
    payload = decoded["payload"]
    token_data = TokenData(username=payload["sub"], scopes=payload.get("scope", "").split(" "))
    user = get_user(users_db, username=token_data.username)
    if user is None:
        raise credentials_exception
    for scope in security_scopes.scopes:
        if scope not in token_data.scopes:
            raise HTTPException(
                status_code=status.HTTP_401_UNAUTHORIZED,
                detail="Not enough permissions",
                headers={"WWW-Authenticate": authenticate_value},
            )
    return user


async def get_current_active_user(current_user: Annotated[User, Security(get_current_user, scopes=["me"])]):
    if current_user.disabled:
        raise HTTPException(status_code=400, detail="Inactive user")
    return current_user


@app.post("/token")
def login_for_access_token(form_data: Annotated[OAuth2PasswordRequestForm, Depends()]) -> Token:
    user = authenticate_user(users_db, form_data.username, form_data.password)
    if user is None or user.disabled:
        raise HTTPException(status_code=400, detail="Incorrect username or password")
    return Token(access_token=create_access_token(user.username, form_data.scopes), token_type="bearer")


@app.get("/plain")
async def plain() -> User:
    return somebody


@app.get("/me")
async def me(current_user: Annotated[User, Depends(get_current_active_user)]) -> User:
    return current_user


if __name__ == "__main__":
    uvicorn.run(
        app, host="127.0.0.1", port=int(os.environ["PORT"]), loop="uvloop", http="httptools", access_log=False,
        log_level="warning",
    )

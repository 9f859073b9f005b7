"""Prints a bearer token for a user, signed with AUTH_JWT_SECRET: token.py USER SECONDS [admin]."""

import base64
import hashlib
import hmac
import json
import os
import sys
import time


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(secret: str, user: str, seconds: int, admin: bool) -> str:
    now = int(time.time())
    claims: dict[str, object] = {"sub": user, "iat": now, "exp": now + seconds}
    if admin:
        claims["role"] = "admin"
    for name, setting in (("iss", "AUTH_JWT_ISSUER"), ("aud", "AUTH_JWT_AUDIENCE")):
        if os.environ.get(setting):
            claims[name] = os.environ[setting]
    parts = [encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signature = hmac.new(secret.encode(), ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, encoded(signature)])


if __name__ == "__main__":
    print(token(os.environ["AUTH_JWT_SECRET"].split(",")[0].strip(), sys.argv[1], int(sys.argv[2]), "admin" in sys.argv[3:]))

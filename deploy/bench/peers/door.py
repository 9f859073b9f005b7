"""The same door by hand in Python, as lean as it gets: uvloop, httptools, asyncpg, ujson; one prepared insert, one commit, 200.

    door.py PORT DATABASE_URL WORKERS          secret: STRIPE_WEBHOOK_SECRET

From Debian's python3-starlette, python3-uvicorn, python3-uvloop, python3-httptools, python3-asyncpg and python3-ujson.
"""
import hashlib
import hmac
import os
import sys
import time

import asyncpg
import ujson
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

SECRET = os.environ["STRIPE_WEBHOOK_SECRET"].encode()
TABLE = """CREATE TABLE IF NOT EXISTS door_py (id text PRIMARY KEY, type text NOT NULL, livemode boolean NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(), raw jsonb NOT NULL)"""
INSERT = "INSERT INTO door_py (id, type, livemode, raw) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING"


def signed(header, body):
    moment, signatures = b"", []
    for part in header.split(","):
        name, _, value = part.partition("=")
        if name == "t":
            moment = value.encode()
        elif name == "v1":
            signatures.append(value)
    if not moment.isdigit() or abs(time.time() - int(moment)) > 300:
        return False
    code = hmac.new(SECRET, moment + b"." + body, hashlib.sha256).hexdigest()
    return any(hmac.compare_digest(code, signature) for signature in signatures)


async def webhook(request):
    body = await request.body()
    if not signed(request.headers.get("stripe-signature", ""), body):
        return Response(status_code=400)
    event = ujson.loads(body)
    await request.app.state.pool.execute(INSERT, event["id"], event["type"], event["livemode"], body.decode())
    return Response(status_code=200)


async def start():
    # Without the reset between two uses, which is a round trip of its own.
    class Connection(asyncpg.Connection):
        def get_reset_query(self):
            return ""

    app.state.pool = await asyncpg.create_pool(os.environ["DOOR_DATABASE"], min_size=8, max_size=8, connection_class=Connection)


app = Starlette(routes=[Route("/webhook", webhook, methods=["POST"])], on_startup=[start])

if __name__ == "__main__":
    import asyncio

    async def create():
        connection = await asyncpg.connect(sys.argv[2])
        await connection.execute(TABLE)
        await connection.close()

    asyncio.run(create())
    os.environ["DOOR_DATABASE"] = sys.argv[2]
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    uvicorn.run("door:app", host="127.0.0.1", port=int(sys.argv[1]), workers=int(sys.argv[3]), loop="uvloop", http="httptools",
                access_log=False, log_level="warning")

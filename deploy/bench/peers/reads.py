"""The reads of a customer's account by hand in Python, as lean as it gets: uvloop, httptools, asyncpg, PyJWT, orjson; a query or three, one JSON.

    reads.py PORT DATABASE_URL WORKERS          secret: AUTH_JWT_SECRET

From Debian's python3-starlette, python3-uvicorn, python3-uvloop, python3-httptools, python3-asyncpg and python3-jwt, and orjson from PyPI.
"""
import os
import sys

import asyncpg
import jwt
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

HISTORY = """SELECT id, amount, currency, status, amount_refunded, payment_method, plan_id, plan_name, stripe_payment_intent_id, stripe_invoice_id,
    stripe_subscription_id, created_at, updated_at FROM checkout.payments WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT 51"""
STATUS = """SELECT stripe_subscription_id, plan_id, status, current_period_start, current_period_end, cancel_at_period_end, cancel_at, canceled_at,
    pause_behavior, pause_resumes_at FROM checkout.subscriptions WHERE user_id = $1 ORDER BY gone_at IS NOT NULL,
    status IN ('canceled', 'incomplete_expired'), stripe_created_at DESC, stripe_subscription_id DESC LIMIT 1"""
ACCESS = "SELECT wanted, entitled_until FROM checkout.access WHERE user_id = $1"
UNPAID = """SELECT attempt_count, next_payment_attempt, hosted_invoice_url FROM checkout.invoices
    WHERE stripe_subscription_id = $1 AND status = 'open' AND attempt_count > 0 LIMIT 1"""


def user(request):
    return jwt.decode(request.headers["authorization"][7:], os.environ["AUTH_JWT_SECRET"], algorithms=["HS256"])["sub"]


def answer(value):
    return Response(orjson.dumps(value), media_type="application/json")


async def history(request):
    rows = await request.app.state.pool.fetch(HISTORY, user(request))
    return answer({"data": [dict(row) for row in rows], "next_cursor": None})


async def status(request):
    async with request.app.state.pool.acquire() as connection:
        name = user(request)
        row = await connection.fetchrow(STATUS, name)
        access = await connection.fetchrow(ACCESS, name)
        unpaid = row and await connection.fetchrow(UNPAID, row["stripe_subscription_id"])
    return answer({"subscription": row and {**row, **(access or {}), "payment_problem": unpaid and dict(unpaid)}})


async def start():
    # Without the reset between two uses, which is a round trip of its own.
    class Connection(asyncpg.Connection):
        def get_reset_query(self):
            return ""

    app.state.pool = await asyncpg.create_pool(os.environ["READS_DATABASE"], min_size=6, max_size=6, connection_class=Connection)


app = Starlette(
    routes=[Route("/api/payment/payment-history", history), Route("/api/payment/subscription-status", status)], on_startup=[start])

if __name__ == "__main__":
    os.environ["READS_DATABASE"] = sys.argv[2]
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    sys.path.insert(0, os.getcwd())
    uvicorn.run("reads:app", port=int(sys.argv[1]), workers=int(sys.argv[3]), log_level="error", access_log=False, loop="uvloop", http="httptools")

"""GET /api/health: whether the backend can work."""

from typing import Literal

from pydantic import BaseModel

from finq.database import database
from finq.errors import ServiceUnavailable
from finq.rest import operation


class Checks(BaseModel):
    database: Literal["ok"] = "ok"


class Health(BaseModel):
    status: Literal["ok"] = "ok"
    checks: Checks = Checks()


@operation("getHealth")
def get_health() -> Health:
    try:
        with database.transaction() as connection:
            connection.execute("SELECT 1")
    except ServiceUnavailable:
        raise ServiceUnavailable(details={"checks": {"database": "down"}}) from None
    return Health()

"""finkurn-api: /api/auth."""

import finq.accounts.auth  # noqa: F401 - registers its operations
from finq.accounts.cognito import user_pool
from finq.rest import handler, routes

__all__ = ["handler"]

# Made while Lambda initialises the process: with 128 MB an invocation has a fourteenth of a CPU, init a whole one.
routes()
user_pool()

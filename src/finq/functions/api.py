"""finkurn-api: /api/auth."""

import finq.accounts.auth  # noqa: F401 - registers its operations
from finq.rest import handler

__all__ = ["handler"]

"""finkurn-backend-v4: everything under /api but /api/auth."""

# Each module registers the operations of one or two tags of the contract.
import finq.accounts.api
import finq.chats.api
import finq.health
import finq.policies.api
import finq.saved.api  # noqa: F401
from finq.rest import handler

__all__ = ["handler"]

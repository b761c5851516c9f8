"""finkurn-backend-v4: everything under /api but /api/auth."""

# Each module registers the operations of one or two tags of the contract.
import finq.accounts.api
import finq.chats.api
import finq.health
import finq.policies.api
import finq.saved.api  # noqa: F401
from finq.rest import handler, routes
from finq.settings import ChatbotSettings, CognitoSettings, DatabaseSettings, EmbeddingSettings, RestSettings, load

__all__ = ["handler"]

# While Lambda initialises the process; a setting that is missing ends it here, by name, and not some request.
routes()
for group in (ChatbotSettings, CognitoSettings, DatabaseSettings, EmbeddingSettings, RestSettings):
    load(group)

"""`python -m finq_local.bedrock`."""

from finq_local.bedrock.server import bedrock_app
from finq_local.standins.serving import serve
from finq_local.standins.settings import bedrock_settings

settings = bedrock_settings()
serve(lambda: bedrock_app(settings), settings.port)

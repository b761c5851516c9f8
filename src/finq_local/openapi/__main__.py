"""`python -m finq_local.openapi`."""

from finq_local.openapi.app import openapi_app
from finq_local.standins.serving import serve
from finq_local.standins.settings import openapi_settings

settings = openapi_settings()
serve(lambda: openapi_app(settings), settings.port)

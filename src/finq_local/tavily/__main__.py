"""`python -m finq_local.tavily`."""

from finq_local.standins.serving import serve
from finq_local.standins.settings import tavily_settings
from finq_local.tavily.app import tavily_app

serve(tavily_app, tavily_settings().port)

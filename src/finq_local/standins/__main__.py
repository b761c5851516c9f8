"""`python -m finq_local.standins`: Bedrock and Tavily in one process."""

from finq_local.bedrock.server import bedrock_app
from finq_local.standins.serving import serve
from finq_local.standins.settings import bedrock_settings, tavily_settings
from finq_local.tavily.app import tavily_app

bedrock = bedrock_settings()
serve((lambda: bedrock_app(bedrock), bedrock.port), (tavily_app, tavily_settings().port))

"""What the stand-ins for paid services (Bedrock, Tavily) share: fault injection, counters, logs, serving.

Entry points, each a server of its own:

    python -m finq_local.bedrock     FINQ_BEDROCK_PORT (default 8791)
    python -m finq_local.tavily      FINQ_TAVILY_PORT (default 8792)
    python -m finq_local.standins    both in one process, on both ports (saves about 40 MB)

Both answer `GET /_standin/health`, `GET|DELETE /_standin/calls` and `GET|PUT|DELETE /_standin/faults`.
"""

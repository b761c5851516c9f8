"""What the stand-ins for other people's services share: fault injection, counters, logs, serving.

    python -m finq_local.bedrock     FINQ_BEDROCK_PORT (default 8791)
    python -m finq_local.tavily      FINQ_TAVILY_PORT (default 8792)
    python -m finq_local.openapi     FINQ_OPENAPI_PORT (default 8793)

Each answers `GET /_standin/health`, `GET|DELETE /_standin/calls` and `GET|PUT|DELETE /_standin/faults`:

    {"operation": "converse-stream", "error": "ThrottlingException", "count": 2}     the next two calls fail
    {"operation": "converse-stream", "error": "modelStreamErrorException", "after_tokens": 5}
    {"first_token_ms": 300, "token_ms": 20, "embedding_ms": 50}                      delays, until DELETE
"""

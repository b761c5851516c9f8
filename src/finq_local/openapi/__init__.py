"""The Open API of 온통청년 on a laptop: `GET /go/ythip/getPlcy` as the real service has it, over sample policies.

`python -m finq_local.openapi` listens on FINQ_OPENAPI_PORT (default 8793); clients get
`FINQ_OPENAPI_URL=http://127.0.0.1:8793/go/ythip/getPlcy` and any key that is a UUID, as real ones are.
FINQ_OPENAPI_RECORDS names another `.jsonl` file of records, FINQ_OPENAPI_RATE the requests a second it allows.

Beside the faults of every stand-in, `/_standin/records` changes the list, at once or in the middle of a reading:

    PUT {"put": [{"plcyNo": …, …}], "withdraw": ["…"], "after_calls": 3}     once three more pages were asked for
    DELETE                                                                   the list as it was at the start
"""

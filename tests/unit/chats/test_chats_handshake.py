from typing import Any

import pytest

from finq.chats.handshake import credentials
from finq.errors import Unauthorized


@pytest.mark.parametrize("header", ["Sec-WebSocket-Protocol", "sec-websocket-protocol", "SEC-WEBSOCKET-PROTOCOL"])
@pytest.mark.parametrize("offer", ["finq.v1, bearer.a.b.c", "bearer.a.b.c,finq.v1"])
def test_the_subprotocol_carries_the_token_and_is_echoed_without_it(header: str, offer: str) -> None:
    offered = credentials({"headers": {header: offer}})

    assert offered.token == "a.b.c"
    assert offered.response_headers == {"Sec-WebSocket-Protocol": "finq.v1"}


def test_the_query_string_is_the_other_way() -> None:
    offered = credentials({"headers": {"Host": "x"}, "queryStringParameters": {"token": "a.b.c"}})

    assert (offered.token, offered.response_headers) == ("a.b.c", {})


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"headers": None, "queryStringParameters": None},
        {"headers": {"Sec-WebSocket-Protocol": "finq.v1"}},
        {"headers": {"Sec-WebSocket-Protocol": "bearer.a.b.c"}},
        {"headers": {"Sec-WebSocket-Protocol": "graphql-ws"}, "queryStringParameters": {"token": "a.b.c"}},
        {"headers": {"Sec-WebSocket-Protocol": "finq.v1, bearer."}},
        {"queryStringParameters": {"token": ""}},
        {"headers": {"Authorization": "Bearer a.b.c"}},
    ],
)
def test_no_token_no_connection(event: dict[str, Any]) -> None:
    with pytest.raises(Unauthorized):
        credentials(event)

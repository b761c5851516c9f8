"""`application/vnd.amazon.eventstream`: length-prefixed messages with two CRC-32 checksums.

total length (4) | headers length (4) | CRC of those 8 bytes (4) | headers | payload | CRC of all before (4)
"""

import json
import struct
import zlib
from collections.abc import Mapping

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_STRING = 7  # header value type


def event(event_type: str, payload: Mapping[str, object]) -> bytes:
    """An event such as `contentBlockDelta`."""
    return _message({":event-type": event_type, ":content-type": "application/json", ":message-type": "event"}, payload)


def exception(exception_type: str, message: str) -> bytes:
    """A modelled exception that ends the stream, such as `modelStreamErrorException`."""
    headers = {":exception-type": exception_type, ":content-type": "application/json", ":message-type": "exception"}
    return _message(headers, {"message": message})


def _message(headers: Mapping[str, str], payload: Mapping[str, object]) -> bytes:
    head = b"".join(_header(name, value) for name, value in headers.items())
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    prelude = struct.pack("!II", 16 + len(head) + len(body), len(head))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + head + body
    return message + struct.pack("!I", zlib.crc32(message))


def _header(name: str, value: str) -> bytes:
    raw_name, raw_value = name.encode(), value.encode()
    return struct.pack("!B", len(raw_name)) + raw_name + struct.pack("!BH", _STRING, len(raw_value)) + raw_value

"""Handlers of the gateway's own tests. Each does what its event asks for, and writes down what it saw."""

import base64
import json
import os
import signal
import sys
import time
from pathlib import Path


def record(event, context):
    """Append the event to a file that the test reads."""
    folder = os.environ.get("FINQ_TEST_RECORDS")
    if folder:
        seen = {"event": event, "request_id": context.aws_request_id, "at": time.time(), "pid": os.getpid()}
        with (Path(folder) / f"{context.function_name}.jsonl").open("a") as file:
            file.write(json.dumps(seen) + "\n")


def behave(event, context):
    """Direct invocations."""
    record(event, context)
    match event.get("do"):
        case "raise":
            raise ValueError("asked to fail")
        case "sleep":
            time.sleep(event["seconds"])
        case "exit":
            sys.exit(event["status"])
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "eat":
            return len(bytearray(event["mb"] * 2**20))
        case "print":
            print("printed by the handler")  # noqa: T201
            print("to stderr", file=sys.stderr)  # noqa: T201
        case "big":
            return "x" * event["size"]
        case "environment":
            return dict(os.environ)
        case "fail until":
            marker = Path(event["marker"])
            count = int(marker.read_text()) + 1 if marker.exists() else 1
            marker.write_text(str(count))
            if count < event["attempt"]:
                raise RuntimeError(f"attempt {count}")
        case "context":
            return {
                "remaining_ms": context.get_remaining_time_in_millis(),
                "arn": context.invoked_function_arn,
                "memory": context.memory_limit_in_mb,
                "trace": os.environ.get("_X_AMZN_TRACE_ID"),
                "client": context.client_context.custom if context.client_context else None,
            }
    return {"echo": event, "pid": os.getpid()}


def rest(event, context):
    """REST operations: /api/echo returns the event; /api/result returns what the body asks for, as it is."""
    record(event, context)
    resource = event["resource"]
    if resource == "/api/result":
        asked = json.loads(event["body"])
        time.sleep(asked.pop("sleep", 0))
        if asked.pop("raise", False):
            raise ValueError("asked to fail")
        return asked["result"]
    if resource == "/api/picture":
        if event["body"] is not None:  # give back what came
            size = len(base64.b64decode(event["body"])) if event["isBase64Encoded"] else -1
            return {"statusCode": 200, "headers": {"X-Size": size}, "body": ""}
        png = base64.b64encode(b"\x89PNG\x00\xff").decode()
        return {"statusCode": 200, "headers": {"Content-Type": "image/png"}, "body": png, "isBase64Encoded": True}
    return {"statusCode": 200, "headers": {"X-Pid": str(os.getpid())}, "body": json.dumps(event)}


def connect(event, context):
    """$connect: answers by the token it is offered."""
    record(event, context)
    offered = [item.strip() for item in event["headers"].get("Sec-WebSocket-Protocol", "").split(",")]
    token = next((item.removeprefix("bearer.") for item in offered if item.startswith("bearer.")), None)
    token = token or (event.get("queryStringParameters") or {}).get("token")
    if token == "slow":
        time.sleep(0.5)
    if token == "crash":
        raise RuntimeError("asked to fail")
    if token is None or token == "unknown":
        return {"statusCode": 401}
    if token == "forbidden":
        return {"statusCode": 403}
    return {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "finq.v1"} if "finq.v1" in offered else {}}


def message(event, context):
    """$default."""
    record(event, context)
    match event["body"]:
        case "raise":
            raise ValueError("asked to fail")
        case "sleep":
            time.sleep(5)
    return {"statusCode": 200}


def disconnect(event, context):
    """$disconnect."""
    record(event, context)
    return {"statusCode": 200}


def url(event, context):
    """Function URL."""
    record(event, context)
    if event["rawPath"] == "/plain":
        return {"seen": event["rawQueryString"]}
    if event["rawPath"] == "/raise":
        raise ValueError("asked to fail")
    return {"statusCode": 201, "headers": {"X-Kind": "url"}, "cookies": ["a=1", "b=2"], "body": json.dumps(event)}

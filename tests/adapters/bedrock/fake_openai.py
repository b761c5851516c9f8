"""A small OpenAI-compatible server: answers by a script, remembers what it was asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}


class FakeOpenAI:
    """`script` is a list of (status, chunks) used one a chat request; the last one stays."""

    def __init__(self) -> None:
        self.script: list[tuple[int, list[dict[str, Any]]]] = []
        self.requests: list[dict[str, Any]] = []
        self.keys: set[str | None] = set()
        self.abandoned = threading.Event()
        self.endless = False
        self.url = ""

    def says(self, *texts: str, finish: str | None = "stop", usage: bool = True) -> None:
        chunks = [{"choices": [{"delta": {"content": text}}]} for text in texts]
        self.plays(*chunks, finish=finish, usage=usage)

    def plays(self, *chunks: dict[str, Any], finish: str | None = "stop", usage: bool = True) -> None:
        last = [{"choices": [{"delta": {}, "finish_reason": finish}]}] if finish else []
        counted = [{"choices": [], "usage": USAGE}] if usage else []
        self.script.append((200, [*chunks, *last, *counted]))

    def refuses(self, status: int) -> None:
        self.script.append((status, [{"error": {"message": "no"}}]))


@contextmanager
def fake_openai() -> Iterator[FakeOpenAI]:
    fake = FakeOpenAI()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            fake.requests.append(body)
            fake.keys.add(self.headers["authorization"])
            if self.path == "/v1/embeddings":
                self._json(200, {"data": [{"embedding": [3.0, 4.0]}], "usage": {"prompt_tokens": 5}})
                return
            assert self.path == "/v1/chat/completions"
            status, chunks = fake.script.pop(0) if len(fake.script) > 1 else fake.script[0]
            if status != 200:
                self._json(status, chunks[0])
                return
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            try:
                for chunk in chunks:
                    self._event(json.dumps(chunk))
                while fake.endless:
                    self._event(json.dumps({"choices": [{"delta": {"content": "더 "}}]}))
                self._event("[DONE]")
            except OSError:
                fake.abandoned.set()

        def _event(self, data: str) -> None:
            self.wfile.write(f"data: {data}\n\n".encode())
            self.wfile.flush()

        def _json(self, status: int, body: dict[str, Any]) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    fake.url = f"http://127.0.0.1:{server.server_port}"
    yield fake
    server.shutdown()
    server.server_close()

"""What an answer still has to send to its client, in order. Pure: no threads, no clock, no connection."""

from collections import deque
from collections.abc import Iterator, Sequence

from finq.agents.conversation import Stage
from finq.chats.frames import ServerFrame, Sources, Status, Token
from finq.policies.card import PolicyCard

TOKEN_INTERVAL = 0.05  # seconds between two pushes of text
TOKEN_BATCH = 2048  # bytes of text that do not wait for the interval
# A code point is at most 6 bytes in JSON (a control character), so no token frame exceeds 32 KB.
TOKEN_CHARS = 4000
_SOURCES_BYTES = 28 * 1024


class Outbox:
    """The answer so far, and how much of it the client was sent.

    Args:
        attempt: which run of the answer this is; text from an earlier run is never continued.
    """

    def __init__(self, request_id: str, attempt: int) -> None:
        self.text = ""
        self.cards: tuple[PolicyCard, ...] = ()
        self._request_id = request_id
        self._attempt = attempt
        self._status: Status | None = None
        self._sources: Sources | None = None
        # Frames that are not text, each with the offset of the text that goes before it.
        self._events: deque[tuple[int, ServerFrame]] = deque()
        self._sent = 0
        self._text_sent_at: float | None = None

    def stage(self, stage: Stage) -> None:
        """The answer has reached `stage`."""
        self._status = Status(request_id=self._request_id, stage=stage)
        self._events.append((len(self.text), self._status))

    def sources(self, cards: Sequence[PolicyCard]) -> None:
        """The answer draws on `cards`."""
        self.cards = tuple(cards)
        self._sources = sources_frame(self._request_id, self.cards)
        self._events.append((len(self.text), self._sources))

    def write(self, text: str) -> None:
        """Append to the answer."""
        # PostgreSQL holds neither NUL nor half a surrogate pair, and offsets count what is stored.
        self.text += text.replace("\0", "").encode(errors="replace").decode()

    def wait(self, now: float) -> float:
        """Seconds from `now` until something should be sent; 0 when it is due, infinity when there is nothing."""
        if self._events:
            return 0.0
        if self._sent == len(self.text):
            return float("inf")
        if self._text_sent_at is None or len(self.text[self._sent :].encode()) >= TOKEN_BATCH:
            return 0.0
        return max(0.0, self._text_sent_at + TOKEN_INTERVAL - now)

    def next_frame(self) -> ServerFrame | None:
        """The next frame to send, due or not. It stays next until `sent` confirms it."""
        until = len(self.text)
        if self._events:
            until, frame = self._events[0]
            if self._sent >= until:
                return frame
        if self._sent == until:
            return None
        piece = self.text[self._sent : min(until, self._sent + TOKEN_CHARS)]
        return Token(request_id=self._request_id, text=piece, offset=self._sent)

    def sent(self, frame: ServerFrame, now: float) -> None:
        """`frame`, the last of `next_frame`, has left."""
        if isinstance(frame, Token):
            self._sent += len(frame.text)
            self._text_sent_at = now
        else:
            self._events.popleft()

    def rewind(self, received: int) -> None:
        """Start over for a client that holds the first `received` code points: stage, sources, rest of the text."""
        self._sent = resume_offset(received, len(self.text), self._attempt)
        self._events = deque((self._sent, frame) for frame in (self._status, self._sources) if frame)
        self._text_sent_at = None


def resume_offset(received: int, length: int, attempt: int) -> int:
    """Where to go on for a client that holds `received` code points of an answer of `length`.

    What a client got from a failed run of the answer does not belong to a later one, hence 0 from the second
    run on, or when the client claims more than there is.
    """
    return received if attempt == 1 and received <= length else 0


def token_frames(request_id: str, text: str, start: int) -> Iterator[Token]:
    """`text` from offset `start` on, in frames of permitted size."""
    for offset in range(start, len(text), TOKEN_CHARS):
        yield Token(request_id=request_id, text=text[offset : offset + TOKEN_CHARS], offset=offset)


def sources_frame(request_id: str, cards: Sequence[PolicyCard]) -> Sources:
    """The cards, their long texts shortened, and as a last resort fewer of them, until the frame fits 28 KB."""
    frame = Sources(request_id=request_id, policies=tuple(cards))
    for limit, documents in ((1000, 20), (400, 10), (120, 5)):
        if len(frame.encoded()) <= _SOURCES_BYTES:
            return frame
        frame = Sources(request_id=request_id, policies=tuple(_shortened(card, limit, documents) for card in cards))
    while len(frame.encoded()) > _SOURCES_BYTES:
        frame = Sources(request_id=request_id, policies=frame.policies[:-1])
    return frame


def _shortened(card: PolicyCard, limit: int, documents: int) -> PolicyCard:
    papers = tuple(
        document.model_copy(update={"name": _cut(document.name, limit), "note": _cut(document.note, limit)})
        for document in card.documents[:documents]
    )
    texts = {name: _cut(getattr(card, name), limit) for name in ("summary", "support", "period_text", "region_text")}
    return card.model_copy(update={**texts, "documents": papers})


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"

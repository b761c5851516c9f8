"""Checks the answer while it streams: citation markers become links by the record, invented links disappear.

The model cites with `[[policy id]]` alone. Everything else that a client might turn into a link (Markdown links and
images, addresses, HTML) stays only if its address was retrieved. Text is held back only while it may still turn out
to be one of these, so the result does not depend on how the stream is cut.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from finq.agents import addresses as address_rules

_MARKER = re.compile(r"\[\[([^\[\]\n]{0,120})\]\]")
_OPEN_MARKER = re.compile(r"\[\[[^\[\]\n]{0,120}\]?")
_TARGET = re.compile(r"\]\(([^()\n]{0,600})\)")
_OPEN_TARGET = re.compile(r"\]\([^()\n]{0,600}")
_ID_TARGET = re.compile(r"(?:policy:|\[\[)?([0-9A-Za-z_-]{1,40})(?:\]\])?")
# Where something that must be looked at begins. A word of Latin letters may be the start of an address.
_SPECIAL = re.compile(rf"\[\[|!(?=!*\[)|\]\(|\]:|<(?=[A-Za-z/!?])|{address_rules.START}")
_UNDECIDED = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.\-]*:?/{0,2}|/{1,2}|!+|[\[\]<])\Z")
# No images, no link definitions, no HTML.
_DEFUSED = {"!": ("", 1), "]:": ("] :", 2), "<": ("＜", 1)}
_END_OF_WORD = re.compile(r"\s|\Z")
_ADDRESS = re.compile(address_rules.RUN)
_OPEN_BRACKET = re.compile(r"[(（][\s,]*\Z")
_EMPTY_BRACKETS = re.compile(r"[(（][\s,]*[)）]")
_NOT_CONTINUED = r"(?![A-Za-z0-9/_%=&?#~-])(?![.:@,;+*$][A-Za-z0-9])"


class CitationFilter:
    """Feed it the model's pieces; what it returns may be shown. Use one per answer.

    Attributes:
        cited: ids linked so far, in order, each once.
        rejected: citation markers and links dropped because they name nothing that was retrieved.
    """

    def __init__(
        self,
        names: Mapping[str, str],
        addresses: Iterable[str] = (),
        quotable: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """`names`: policy id -> name, as retrieved; `addresses`: URLs that may be shown and linked.

        `quotable`: policy id -> addresses that may be shown, but not put behind other words, once it is cited.
        """
        self.cited: list[str] = []
        self.rejected = 0
        # Brackets in a name would end the link's text early.
        self._names = {id_: name.translate({ord("["): "［", ord("]"): "］"}) for id_, name in names.items()}
        self._known = _any_of(addresses)
        self._quotable = quotable or {}
        self._quoted: re.Pattern[str] | None = None
        self._held = ""
        self._last = ""
        self._open = ""  # an opening bracket, not shown before something stands in it
        self._emptied = False  # what stood in it was dropped

    def feed(self, piece: str) -> str:
        """What can be shown after `piece`."""
        self._held += piece
        return self._take(final=False)

    def finish(self) -> str:
        """The rest, once the model has said everything."""
        return self._take(final=True) + self._open

    def _take(self, *, final: bool) -> str:
        shown: list[str] = []
        text, position = self._held, 0
        while position < len(text):
            special = _SPECIAL.search(text, position)
            start = special.start() if special else len(text)
            if not final and (undecided := _UNDECIDED.search(text, position)):
                start = min(start, undecided.start())
            if start > position:
                self._show(shown, text[position:start])
                position = start
                continue
            handled = self._handle(text, position, special, final=final) if special else None
            if handled is None:
                break  # only more text can tell
            replacement, position = handled
            self._show(shown, replacement)
        self._held = text[position:]
        return "".join(shown)

    def _show(self, shown: list[str], text: str) -> None:
        text = self._open + text
        if self._emptied and (empty := _EMPTY_BRACKETS.match(text)):
            self._open = ""
            hangul = "가" <= self._last <= "힣"  # joins nothing into a link
            text = ("" if hangul else self._gap()) + text[empty.end() :]
        unfilled = _OPEN_BRACKET.search(text)
        self._emptied = self._emptied and unfilled is not None and unfilled.start() == 0
        self._open = unfilled.group() if unfilled else ""
        if ready := text.removesuffix(self._open):
            shown.append(ready)
            self._last = ready[-1]

    def _handle(self, text: str, at: int, special: re.Match[str], *, final: bool) -> tuple[str, int] | None:
        """What to show for the special thing at `at` and where to go on; None while it is incomplete."""
        if special.start() != at:
            return None
        found = special.group()
        if found in _DEFUSED:
            replacement, length = _DEFUSED[found]
            return replacement, at + length
        decide = {"[[": self._marker, "](": self._target}.get(found, self._address)
        return decide(text, at, final=final)

    def _marker(self, text: str, at: int, *, final: bool) -> tuple[str, int] | None:
        if match := _MARKER.match(text, at):
            links = [self._link(id_.strip()) for id_ in match[1].split(",")]
            return ", ".join(link for link in links if link) or self._gap(), match.end()
        if not final and _OPEN_MARKER.fullmatch(text, at):
            return None
        return self._gap(), at + 2

    def _target(self, text: str, at: int, *, final: bool) -> tuple[str, int] | None:
        if match := _TARGET.match(text, at):
            address = (match[1].split() or [""])[0]
            if self._known and self._known.fullmatch(address):
                return f"]({address})", match.end()
            named = _ID_TARGET.fullmatch(address)
            link = self._link(named[1]) if named else self._reject()
            return f"] {link}", match.end()
        if not final and _OPEN_TARGET.fullmatch(text, at):
            return None
        return "] (", at + 2

    def _address(self, text: str, at: int, *, final: bool) -> tuple[str, int] | None:
        end = _END_OF_WORD.search(text, at)
        if not final and end and end.start() == len(text):
            return None
        for allowed in (self._known, self._quoted):
            if allowed and (known := allowed.match(text, at)):
                return known.group(), known.end()
        self._reject()
        run = _ADDRESS.match(text, at)
        return self._gap(), run.end() if run else at + 1

    def _link(self, id_: str) -> str:
        id_ = id_.removeprefix("policy:")
        if id_ not in self._names:
            return self._reject()
        if id_ not in self.cited:
            self.cited.append(id_)
            self._quoted = _any_of(address for one in self.cited for address in self._quotable.get(one, ()))
        return f"[{self._names[id_]}](policy:{id_})"

    def _reject(self) -> str:
        self.rejected += 1
        self._emptied = bool(self._open)
        return ""

    def _gap(self) -> str:
        """In place of something dropped: what stood on both sides must not join into something new."""
        before = (self._open or self._last)[-1:]
        return "" if not before or before.isspace() else " "


def _any_of(addresses: Iterable[str]) -> re.Pattern[str] | None:
    """Matches any of them whole, longest first."""
    known = {address.rstrip("/") for address in addresses if address and not re.search(r"\s", address)} - {""}
    longest_first = "|".join(re.escape(address) for address in sorted(known, key=lambda one: (-len(one), one)))
    return re.compile(f"(?:{longest_first})/?{_NOT_CONTINUED}") if known else None

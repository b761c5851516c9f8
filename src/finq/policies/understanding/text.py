"""A message without its spaces, so that spacing errors cannot hide anything; every place maps back to the original."""

from functools import cached_property


class Compact:
    """`text` less all white space.

    `chars` is what is left; `span` maps a range of it back to the original; `starts_word` and `ends_word` tell
    whether a letter of another word touches the position in the original.
    """

    def __init__(self, text: str) -> None:
        self.original = text
        self._at = [index for index, char in enumerate(text) if not char.isspace()]
        self.chars = "".join(text[index] for index in self._at)

    @cached_property
    def _size(self) -> int:
        return len(self.chars)

    def starts_word(self, position: int) -> bool:
        """Whether no letter stands right before `position`."""
        at = self._at[position]
        return at == 0 or not self.original[at - 1].isalpha()

    def ends_word(self, end: int) -> bool:
        """Whether no letter or digit stands right after the range that ends before `end`."""
        at = self._at[end - 1] + 1
        return at == len(self.original) or not self.original[at].isalnum()

    def gap(self, position: int) -> bool:
        """Whether white space stands between `position` and the letter before it."""
        return 0 < position < self._size and self._at[position] - self._at[position - 1] > 1

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Range of the original text."""
        return self._at[start], self._at[end - 1] + 1

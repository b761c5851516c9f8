"""A message without its spaces, so that spacing errors cannot hide anything; every place maps back to the original."""


class Compact:
    """`text` less all white space.

    `chars` is what is left; the methods tell what stands around a position of it in the original.
    """

    def __init__(self, text: str) -> None:
        self.original = text
        self._at = [index for index, char in enumerate(text) if not char.isspace()]
        self.chars = "".join(text[index] for index in self._at)

    def starts_word(self, position: int) -> bool:
        """Whether no letter stands right before `position`."""
        at = self._at[position]
        return at == 0 or not self.original[at - 1].isalpha()

    def gap(self, position: int) -> bool:
        """Whether white space stands between `position` and the letter before it."""
        return 0 < position < len(self.chars) and self._at[position] - self._at[position - 1] > 1

    def rest(self, end: int) -> str:
        """The letters that the word goes on with after the range that ends before `end`, at most 12."""
        letters = self.original[self._at[end - 1] + 1 : self._at[end - 1] + 13]
        return next((letters[:index] for index, letter in enumerate(letters) if not letter.isalnum()), letters)

    def word(self, position: int) -> str:
        """What stands between white space around `position`, at most 12 letters before and 12 after."""
        at = self._at[position]
        before, after = self.original[max(0, at - 12) : at], self.original[at : at + 12]
        return (before.split()[-1] if before and not before[-1].isspace() else "") + after.split()[0]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Range of the original text."""
        return self._at[start], self._at[end - 1] + 1

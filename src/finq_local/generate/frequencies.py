"""How often the real corpus has each value, native codes throughout."""

import random
from bisect import bisect
from collections.abc import Mapping
from itertools import accumulate
from typing import Generic, TypeVar

Choice = TypeVar("Choice")


class Weighted(Generic[Choice]):
    """Choices by weight; sums are made once, since a million records draw a dozen times each."""

    def __init__(self, weights: Mapping[Choice, int]) -> None:
        self._choices = tuple(weights)
        self._sums = tuple(accumulate(weights.values()))

    def draw(self, rng: random.Random) -> Choice:
        """One choice."""
        return self._choices[bisect(self._sums, rng.random() * self._sums[-1])]


AGES = Weighted({
    ("19", "39"): 634, ("0", "0"): 581, ("18", "39"): 275, ("18", "45"): 85, ("19", "34"): 75, ("19", "45"): 45,
    ("15", "39"): 34, ("19", "49"): 34, ("18", "34"): 60, ("15", "34"): 55, ("18", "49"): 40, ("20", "39"): 30,
    ("0", "39"): 25, ("0", "34"): 13, ("19", "0"): 12, ("19", "29"): 25, ("17", "24"): 20, ("35", "49"): 16,
    ("19", "99"): 15, ("18", "100"): 10, ("18", "999"): 10, ("40", "64"): 10,
})  # fmt: skip
CATEGORIES = Weighted({"일자리": 870, "복지문화": 515, "참여권리": 285, "교육": 270, "주거": 195})
SIDO = Weighted({
    "44": 301, "50": 197, "48": 172, "29": 123, "31": 109, "26": 108, "28": 107, "43": 93, "46": 88, "52": 87,
    "47": 83, "51": 79, "41": 64, "11": 53, "36": 46, "27": 39, "30": 5,
})  # fmt: skip
SCOPES = Weighted({"nationwide": 180, "sido": 540, "one": 281, "few": 51})
PERIODS = Weighted({"0057001": 1043, "0057002": 185, "0057003": 876})
JOBS = Weighted({
    "0013010": 1517, "0013003": 289, "0013006": 144, "0013001": 128, "0013008": 60, "0013003,0013006": 30,
    "0013003,0013005,0013007": 20, "0013001,0013003": 16, "0013002": 10, "0013009": 60,
})  # fmt: skip
SCHOOLS = Weighted({
    "0049010": 899, "0049005": 60, "0049005,0049006,0049007": 30, "0049004,0049007": 15, "0049002,0049003": 8,
    "0049007,0049008": 12, "0049009": 28,
})  # fmt: skip
MAJORS = Weighted({"0011009": 1004, "0011008": 21, "0011005": 8, "0011004,0011005": 8, "0011006": 6, "0011007": 5})
SPECIALS = Weighted({
    "0014010": 896, "0014009": 62, "0014006": 34, "0014001": 32, "0014008": 8, "0014007": 6, "0014005": 4,
    "0014003,0014009": 4, "0014004": 3, "0014002": 3,
})  # fmt: skip
MARITAL = Weighted({"0055003": 2042, "0055001": 38, "0055002": 24})
INCOMES = Weighted({"any": 86, "text": 13, "annual": 1})
METHODS = Weighted({
    "0042002": 307, "0042006": 271, "0042013": 217, "0042001": 88, "0042005": 57, "0042010": 37, "0042004": 31,
    "0042011": 28, "0042007": 9, "0042003": 5,
})  # fmt: skip
FIRST_COME = Weighted({"N": 917, "Y": 93, "": 26, " ": 16})

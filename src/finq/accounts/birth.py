"""When somebody was born, as exactly as they said, and how old that makes them."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

MAX_AGE = 120  # what `Applicant` takes; people grow older than they were when their profile was checked


@dataclass(frozen=True)
class Born:
    """Any of the days from `first` to `last`, both included, at most a year."""

    first: date
    last: date

    @classmethod
    def on(cls, day: date) -> Self:
        """A birth date."""
        return cls(day, day)

    @classmethod
    def in_year(cls, year: int) -> Self:
        """A birth year."""
        return cls(date(year, 1, 1), date(year, 12, 31))

    @classmethod
    def aged(cls, age: int, today: date) -> Self:
        """Somebody who is `age` (만 나이) today."""
        day_after = _years_before(today, age + 1) + timedelta(1)
        return cls(day_after, _years_before(today, age))

    @property
    def day(self) -> date | None:
        """The birth date, where it is known."""
        return self.first if self.first == self.last else None

    @property
    def year(self) -> int | None:
        """The birth year, where it is known."""
        return self.first.year if self.first.year == self.last.year else None

    def oldest(self, today: date) -> int:
        """The highest 만 나이 that they can have today, up to 120."""
        return _age(self.first, today)

    def maybe_younger(self, today: date) -> bool:
        """Whether they may be one year younger than that."""
        return _age(self.last, today) < self.oldest(today)


def _age(born: date, today: date) -> int:
    """Who is born on 29 February grows older on 1 March in other years."""
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return min(max(age, 0), MAX_AGE)


def _years_before(day: date, years: int) -> date:
    """The last day of birth of somebody who is `years` old on `day`."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)

"""Seeded chance: every random choice of the estate comes from here, so that equal seeds give equal estates."""

import random
import string
from collections.abc import MutableSequence, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A random source named by its parts; adding a client never changes what another client throws."""

    def __init__(self, *parts: object) -> None:
        self._random = random.Random(":".join(str(part) for part in parts))

    def chance(self, probability: float) -> bool:
        """True with the given probability (0 to 1)."""
        return self._random.random() < probability

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, each as likely as the next."""
        return options[self._random.randrange(len(options))]

    def weighted(self, options: Sequence[tuple[T, float]]) -> T:
        """One of the (option, weight) pairs' options."""
        return self._random.choices([option for option, _ in options], [weight for _, weight in options])[0]

    def sample(self, options: Sequence[T], count: int) -> list[T]:
        """At most `count` different options."""
        return self._random.sample(options, min(count, len(options)))

    def shuffle(self, items: MutableSequence[T]) -> None:
        """Reorder in place."""
        self._random.shuffle(items)

    def between(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self._random.randint(low, high)

    def guid(self) -> str:
        """A version 4 GUID, lower-case with hyphens."""
        digits = f"{self._random.getrandbits(128):032x}"
        variant = "89ab"[int(digits[16], 16) % 4]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"

    def hexes(self, count: int) -> str:
        """That many upper-case hexadecimal digits."""
        return f"{self._random.getrandbits(4 * count):0{count}X}"

    def letters(self, count: int, alphabet: str = string.ascii_uppercase + string.digits) -> str:
        """That many characters of the alphabet."""
        return "".join(self._random.choices(alphabet, k=count))

    def digits(self, count: int) -> str:
        """That many decimal digits."""
        return self.letters(count, string.digits)

    def before(self, moment: datetime, least_days: float, most_days: float) -> datetime:
        """A moment between `least_days` and `most_days` before the given one, to the microsecond."""
        return moment - timedelta(microseconds=self._random.randint(int(least_days * 864e8), int(most_days * 864e8)))

"""What engines charge that are paid by the character, as the user says it. Pure."""

import re

from msgspec import Struct

from swarm.errors import UsageError

PRICE = re.compile(r"([a-z0-9][a-z0-9_-]{0,40})=(\d{1,6}(?:\.\d{1,4})?) ?([^\W\d_]{0,8}|[$£€¥₹])")
CHARACTERS = 1_000_000  # a price is for so many


class Price(Struct, frozen=True):
    """The price of a million characters."""

    engine: str
    amount: float
    unit: str = ""  # a currency, as the user wrote it

    def of(self, characters: int) -> str:
        """Return what so many characters cost, in words."""
        return f"{self.amount * characters / CHARACTERS:,.2f} {self.unit}".strip()


def parse_price(text: str) -> Price:
    """Return a price: "openai=15 USD" is 15 USD for a million characters. Raises UsageError."""
    found = PRICE.fullmatch(text.strip())
    if not found:
        raise UsageError(f"--price takes ENGINE=AMOUNT for a million characters, such as openai=15 USD, not {text!r}.")
    return Price(found[1], float(found[2]), found[3])

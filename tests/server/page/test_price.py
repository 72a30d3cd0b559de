"""What engines charge that are paid by the character."""

import pytest

from swarm.errors import UsageError
from swarm.server.page.advice import Price, parse_price


@pytest.mark.parametrize(
    ("text", "price", "cost"),
    [
        ("openai=15 USD", Price("openai", 15, "USD"), "0.46 USD"),
        (" openai=12.5€ ", Price("openai", 12.5, "€"), "0.39 €"),
        ("my-engine_2=40", Price("my-engine_2", 40), "1.23"),
    ],
)
def test_a_price_is_read_and_told_for_a_book(text: str, price: Price, cost: str) -> None:
    assert parse_price(text) == price
    assert price.cost_of(30_801) == cost


@pytest.mark.parametrize(
    "text", ["", "openai", "openai=", "openai=-1", "=15", "openai=1e5", "openai=15 US dollars!", "a=1 <b"]
)
def test_what_is_no_price_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="such as openai=15 USD"):
        parse_price(text)

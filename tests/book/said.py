"""Spells sentences for an engine that knows no numbers and abbreviations."""

from swarm.book.speech.speech import Speech
from swarm.job.card import EngineCard

CARD = EngineCard("tester", "", ("*",), (), (("", 300),), (), ())


def said(sentence: str, language: str) -> str:
    return Speech(CARD).say(sentence, language)

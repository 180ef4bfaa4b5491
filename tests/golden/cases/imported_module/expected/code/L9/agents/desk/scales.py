"""Scales of our own."""


def grams(pounds: float) -> float:
    return pounds*453.6

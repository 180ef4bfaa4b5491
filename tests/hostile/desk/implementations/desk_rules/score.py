"""Scores."""


def score(request):
    """Half the age."""
    return {"score": request.age / 2}

"""What a request costs."""


def fee_of(request):
    """A tenth of the amount."""
    return {"fee": request.amount / 10}

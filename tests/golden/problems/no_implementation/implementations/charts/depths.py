def guide(request):
    return {}

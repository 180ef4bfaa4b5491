def guide(request):
    raise NotImplementedError

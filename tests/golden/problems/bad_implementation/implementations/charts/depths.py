def guide(request)
    return {}

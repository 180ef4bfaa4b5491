def guide(ship)
    return ship

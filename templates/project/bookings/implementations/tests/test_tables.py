from dataclasses import dataclass

import pytest
from bookings.tables import choose


@dataclass(frozen=True)
class Request:
    party: int


@pytest.mark.parametrize(("party", "table"), [(1, "corner"), (2, "corner"), (3, "window"), (6, "garden"), (12, "long")])
def test_the_smallest_table_that_seats_the_party(party, table):
    assert choose(Request(party))["table"] == table


def test_a_party_for_two_tables_is_not_sure():
    assert choose(Request(18)) == {"table": "long and garden", "seats": 18, "confidence": 0.5}

"""A sample of `make hostile`: payloads in place of scalars are refused with a place, or stay texts."""

from __future__ import annotations

from tests.hostile.search import search


def test_a_sample_of_the_product_breaks_out_nowhere(tmp_path, record_property):
    found = search(tmp_path, seed=20260101, each=3)
    print(found)
    record_property("cases", str(found))
    assert found.broken == []
    assert found.done == found.asked
    assert found.payloads >= 20
    assert found.rendered > found.asked / 5
    assert found.refused > found.asked / 5

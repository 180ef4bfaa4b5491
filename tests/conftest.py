"""Options that the whole suite shares."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regen", action="store_true", help="write goldens anew instead of comparing them")
    parser.addoption("--docker", action="store_true", help="run what starts containers on this machine's Docker engine")


@pytest.fixture
def regen(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--regen"))

"""Options that the whole suite shares."""

from pathlib import Path

import pytest

_LONG = [Path(__file__).parent / name for name in ("e2e", "real_servers")]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regen", action="store_true", help="write goldens anew instead of comparing them")
    parser.addoption("--docker", action="store_true", help="run the tests of real containers: `make e2e-docker`")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take minutes come first, so that all workers end at about the same time."""
    items.sort(key=lambda item: not any(folder in item.path.parents for folder in _LONG))


@pytest.fixture
def regen(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--regen"))

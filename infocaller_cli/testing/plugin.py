"""The pytest plugin: the fixtures `infocaller` and `infocaller_password`, and words for variables that differ.

pytest imports this at every start wherever the package is installed: it imports nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from . import Infocaller


@pytest.fixture(scope="session")
def infocaller_password() -> str:
    """The telephone password that signs: the example of the provider's page. Override it in a conftest.py with the application's."""
    from ..codec.spec import EXAMPLE_PASSWORD

    return EXAMPLE_PASSWORD


@pytest.fixture
def infocaller_app() -> object:
    """What a script's cases are played against: an application, a test client, or the URL of all requests. Override it in a conftest.py.

    None: what the script itself says, over the network.
    """
    return None


@pytest.fixture
def infocaller(infocaller_password: str) -> Infocaller:
    """Infocaller's side of the API: `event` and `query` make what it sends, `ask` asks a handler, `check_answer` judges an answer."""
    from .kit import Infocaller

    return Infocaller(infocaller_password)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Cases of a script are tests, where its file is named on the command line, or named as a file of tests."""
    if file_path.suffix != ".toml" or not (parent.session.isinitpath(file_path) or file_path.name.startswith("test_")):
        return None
    from .collecting import ScriptFile, has_cases

    if not has_cases(file_path):
        return None
    found: pytest.Collector = ScriptFile.from_parent(parent, path=file_path)
    return found


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Say which variables differ, and what the answer says of itself."""
    ours = sys.modules.get("infocaller_cli.testing.outcome")
    if ours is None or op != "==":
        return None
    found, expected = (left, right) if isinstance(left, ours.Variables) else (right, left)
    if not isinstance(found, ours.Variables) or not isinstance(expected, Mapping):
        return None
    return ["the variables are as expected", *found.differences(expected), found.answer]

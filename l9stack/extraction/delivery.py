"""An extraction as a parcel: what of it goes where in a checkout, once every byte was held against the evidence."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode

from l9stack import __version__
from l9stack.errors import InputError, Place, Problem, VerificationError
from l9stack.evidence import signing
from l9stack.evidence.verify import BESIDE_THE_TREE, verify
from l9stack.extraction.last_extraction import LastExtraction
from l9stack.files import digests_below
from l9stack.inputs.names import IMPLEMENTATIONS
from l9stack.output.placing import Parcel

REQUIREMENTS = "requirements-l9stack.txt"
CONFTEST = "tests/conftest.py"
_TESTS = ("tests/agents", "tests/codegen_integration")
_FOLDERS = frozenset({"docs", "tests", "manifests", IMPLEMENTATIONS})
_REQUIREMENTS = f"""\
# What the delivered agents import.
l9stack[agent]=={__version__}

# Their tests need these, too; with `local`, and no L9_ variables set, servers are started for the session:
#   l9stack[generate,local]=={__version__}
#   pytest tests/codegen_integration/ -v --tb=short
"""


def parcel(current: LastExtraction) -> Parcel:
    """The collection's last extraction, ready to be delivered.

    Raises:
        InputError: the inputs changed since, or a rootpath leads into a folder that deliveries need.
        VerificationError: a file is not as it was signed, or a gate did not hold.
    """
    view, folder = current.view, current.folder
    if not current.up_to_date:
        message, where = f"{view.collection} changed since its last extraction", str(current.inputs.path)
        hint = f"l9 diff shows how; then l9 extract {where}"
        raise InputError([Problem("outdated", message, Place(where), hint)])
    report = verify(folder, current.inputs.project)
    report.require()
    if not report.gates_passed:
        raise VerificationError([Problem("gates-failed", "a gate of this extraction did not hold", Place(str(folder)))])
    found = digests_below(folder)
    files, problems = dict[str, bytes](), list[Problem]()
    for path in sorted(found):
        data = (folder / path).read_bytes()
        if hashlib.sha256(data).hexdigest() != view.files.get(path):
            raise VerificationError([Problem("file-changed", f"{path} is not as it was published", Place(path))])
        for target in _targets(path, view.collection, found):
            files[target] = data
        first = path.removeprefix("code/").partition("/")[0]
        if path.startswith("code/") and first in _FOLDERS:
            hint = "give the agent a rootpath elsewhere"
            problems.append(Problem("rootpath-taken", f"{path} would go where {first} go", Place(path), hint))
    if problems:
        raise InputError(problems)
    files |= _implementations(current)
    files[REQUIREMENTS] = _REQUIREMENTS.encode()
    shared = frozenset({REQUIREMENTS, *(f"{tests}/conftest.py" for tests in _TESTS)})
    return Parcel(view.collection, folder.name, view.tree_digest, files, shared)


def _targets(path: str, collection: str, paths: dict[str, str]) -> list[str]:
    """Where a file of an extraction goes; code to the top, evidence beside the manifests, the rest to its own place.

    `tests/conftest.py` goes to the folders of our tests alone: the checkout may have one, and tests of its own.
    """
    if path == CONFTEST:
        return [f"{tests}/conftest.py" for tests in _TESTS if any(other.startswith(f"{tests}/") for other in paths)]
    if path in BESIDE_THE_TREE:
        return [f"manifests/{collection}/{path}"]
    return [path.removeprefix("code/")]


def _implementations(current: LastExtraction) -> dict[str, bytes]:
    """A user's own functions, which the agents import, as the attestation names them; their tests stay behind."""
    envelope = json.loads((current.folder / signing.NAME).read_bytes())
    inputs = json.loads(b64decode(envelope["payload"]))["predicate"]["inputs"]
    own = {f"{IMPLEMENTATIONS}/{file.name}": file for file in current.inputs.contents.implementations.files}
    files = {}
    for item in inputs:
        name: str = item["name"]
        if name.startswith(f"{IMPLEMENTATIONS}/") and not name.startswith(f"{IMPLEMENTATIONS}/tests/"):
            file = own.get(name)
            if file is None or file.sha256 != item["digest"]["sha256"]:
                raise VerificationError([Problem("file-changed", f"{name} is not as it was proven", Place(name))])
            files[name] = file.data
    return files

"""A collection's own templates: read as text; rendering runs them in a sandbox, and only those that are asked for."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from l9stack.errors import Place, Problem
from l9stack.files import files_below
from l9stack.model.collection import OwnTemplate
from l9stack.reading.limits import MAX_BYTES
from l9stack.sources import templates_folder

_NAME = re.compile(r"(modules|docs|tests)/[A-Za-z0-9_][A-Za-z0-9_.]{0,80}\.j2\Z")
_MAX_FILES = 200


def read_templates(folder: Path, shown: str, problems: list[Problem]) -> tuple[OwnTemplate, ...]:
    """Every template below `folder`; `shown` stands before their names in places."""
    names = [name for name in files_below(folder) if not name.rpartition("/")[2].startswith(".")]
    if len(names) > _MAX_FILES:
        problems.append(Problem("too-many-files", f"{len(names)} files, at most {_MAX_FILES} are read", Place(shown)))
        return ()
    found = [_template(folder, name, Place(f"{shown}/{name}"), problems) for name in names]
    return tuple(template for template in found if template is not None)


def _template(folder: Path, name: str, place: Place, problems: list[Problem]) -> OwnTemplate | None:
    file = folder / name
    status = file.lstat()  # looked at before it is opened: a link may lead anywhere
    if not _NAME.match(name):
        message, hint = (
            "it is no template",
            "templates are called modules/NAME.py.j2, docs/NAME.md.j2, tests/NAME.py.j2",
        )
    elif not stat.S_ISREG(status.st_mode):
        message, hint = "it is no plain file", "put the file itself there"
    elif status.st_size > MAX_BYTES:
        message, hint = f"larger than {MAX_BYTES} bytes", ""
    else:
        try:
            shadows = (templates_folder() / name).is_file()
            return OwnTemplate(name=name, text=file.read_bytes().decode(), place=place, shadows=shadows)
        except UnicodeDecodeError:
            message, hint = "the file is not UTF-8 text", "save it as UTF-8"
    problems.append(Problem("bad-template", message, place, hint))
    return None

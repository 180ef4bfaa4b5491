"""Files that belong to l9stack beside its code: in an installed wheel inside the package, in a clone at its top."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def asset(name: str) -> Path:
    """A file or folder by its path in a clone, as `templates` or `input_schemas/claims_desk`.

    Raises:
        FileNotFoundError: this installation is not whole.
    """
    # The package's own folder comes first: beside an installed package lie the folders of other distributions.
    for folder in (_PACKAGE / "_assets", _PACKAGE.parent):
        if (folder / name).exists():
            return folder / name
    raise FileNotFoundError(f"{name} is not part of this installation of l9stack: install it again")

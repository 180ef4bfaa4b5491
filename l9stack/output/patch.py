"""Unified diffs in git's form, applicable with `git apply` and `patch -p1`."""

from __future__ import annotations

import difflib
import re

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*\Z")


def patchable(path: str) -> bool:
    """Whether `path` needs no quoting in a diff's headers, about which tools disagree."""
    return bool(_PLAIN.match(path))


def unified_diff(path: str, before: str | None, after: str | None) -> str:
    """The diff of one file; None stands for a file that is not there. Empty where both are equal."""
    if before == after:
        return ""
    header = f"diff --git a/{path} b/{path}\n"
    if before is None:
        header += "new file mode 100644\n"
    elif after is None:
        header += "deleted file mode 100644\n"
    lines = difflib.unified_diff(
        _lines(before or ""),
        _lines(after or ""),
        f"a/{path}" if before is not None else "/dev/null",
        f"b/{path}" if after is not None else "/dev/null",
    )
    # difflib knows no file without a last newline; patch tools want it said.
    return header + "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _lines(text: str) -> list[str]:
    # Not str.splitlines: patch tools break lines at \n only, and \r or \u2028 are characters like any other.
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines

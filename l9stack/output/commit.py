"""A commit of what was delivered, by the checkout's own git: nothing else gets in, and nothing is pushed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from l9stack.errors import InputError, Place, Problem


def require_clean_index(root: Path) -> None:
    """Do nothing where a commit of ours would hold nothing of anybody else.

    Raises:
        InputError: `root` is in no checkout of git, something is staged, or a merge is under way.
    """
    if _git(root, "rev-parse", "--is-inside-work-tree").returncode != 0:
        raise _refused(root, f"{root} is no checkout of git", "deliver without --commit, or git init")
    if _git(root, "rev-parse", "-q", "--verify", "MERGE_HEAD").returncode == 0:
        raise _refused(root, "a merge is under way", "conclude it first")
    staged = _git(root, "diff", "--cached", "--name-only", "-z").stdout.split(b"\0")[:-1]
    if staged:
        shown = ", ".join(name.decode(errors="backslashreplace") for name in staged[:3])
        more = f" and {len(staged) - 3} more" if len(staged) > 3 else ""
        raise _refused(root, f"other changes are staged: {shown}{more}", "commit or unstage them first")


def commit(root: Path, paths: Iterable[str], message: str) -> str | None:
    """Commit `paths`, which are relative to `root`, as they are on disk; the commit's id, None where none changed.

    Raises:
        InputError: git, or a hook of the checkout, refuses.
    """
    wanted = {path.encode(): (root / path).exists() for path in paths}
    tracked = set(_git(root, "ls-files", "-z").stdout.split(b"\0"))
    listed = b"".join(path + b"\0" for path, exists in wanted.items() if exists or path in tracked)
    # Forced: what is delivered but ignored would be missing in every other clone.
    add = ("--literal-pathspecs", "add", "--force", "--all", "--pathspec-from-file=-", "--pathspec-file-nul")
    if listed:
        _require(root, _git(root, *add, data=listed))
    if _git(root, "diff", "--cached", "--quiet").returncode == 0:
        return None
    _require(root, _git(root, "commit", "--quiet", "-m", message))
    return _git(root, "rev-parse", "HEAD").stdout.decode().strip()


def _git(root: Path, *arguments: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    # A hook's variables would lead git to another repository than the one that `root` is in.
    environment = {name: value for name, value in os.environ.items() if name not in _LEADING}
    try:
        return subprocess.run(
            ["git", *arguments], cwd=root, input=data, env=environment, capture_output=True, check=False
        )
    except FileNotFoundError:
        raise _refused(root, "git is not installed", "deliver without --commit") from None


_LEADING = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY"})


def _require(root: Path, done: subprocess.CompletedProcess[bytes]) -> None:
    if done.returncode != 0:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise _refused(root, f"delivered, but git refuses the commit: {said}", "what was delivered may be staged")


def _refused(root: Path, message: str, hint: str) -> InputError:
    return InputError([Problem("not-committed", message, Place(str(root)), hint)])

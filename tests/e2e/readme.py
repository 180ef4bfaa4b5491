"""What README shows, and a clone to try it in: as people have them, behind a proxy that leads nowhere."""

from __future__ import annotations

import os
import re
import shutil
import site
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.conftest import REPOSITORY, SECONDS

MINIMAL = REPOSITORY / "tests" / "golden" / "minimal"
ECHO = '"$ELSEWHERE/echo.yaml"'
GOODWILL = """'{"claim_id": "C-1001", "requested": 60, "story": "The parcel was a birthday present."}'"""
GRANTED = """'{"granted": true, "amount": 60, "explanation": "a good customer"}'"""
PENDING = "$(l9 decisions settlement | head -n 1 | cut -d ' ' -f 1)"
WRITTEN = 'cd "$ELSEWHERE" && cp -r out/echo_*/code written && find written -type f ! -name "*.py" -delete && cd - && '
BEGIN = [
    "pip install 'l9stack[deploy]'",
    "l9 init",
    "l9 up",
    "git clone <this repository> l9stack && cd l9stack",
    "make up",
]
"""What `test_installed.py` and the clone of this module begin with."""
STEPS: list[tuple[str, str, str]] = [
    ("l9 init FOLDER", 'l9 init "$ELSEWHERE/a project"', "made in"),
    ("l9 new shop --agent Till", "l9 new shop --agent Till", "l9 bind till.answer"),
    ("l9 validate PATH", "l9 validate input_schemas/claims_desk", "Valid."),
    ("l9 explain settlement.limits.rate", "l9 explain settlement.limits.rate", "meta.codegen.schema.yaml"),
    ("l9 bind till.answer", "l9 bind till.answer -c shop", "next"),
    ("l9 extract PATH --output DIR", f'l9 extract {ECHO} --output "$ELSEWHERE/out"', "all gates hold"),
    ("l9 extract --all FOLDER", "l9 extract --all input_schemas", "1 of 1 collections hold"),
    ("l9 prompt PATH", "l9 prompt input_schemas/claims_desk", "settlement"),
    ("l9 import FOLDER", f'{WRITTEN} l9 import "$ELSEWHERE/written" -c {ECHO} -o "$ELSEWHERE/out"', ""),
    ("l9 diff", "l9 diff", "nothing was edited"),
    (
        "l9 deliver CHECKOUT --commit",
        'git init -q "$ELSEWHERE/their checkout" && l9 deliver "$ELSEWHERE/their checkout" --commit',
        "",
    ),
    ("l9 up --collection PATH", f"l9 up --collection {ECHO}", "created"),
    ("l9 preview --exit-code", "l9 preview --exit-code", "nothing would change"),
    ("l9 logs claim_intake", "l9 logs claim_intake", '"agent"'),
    (
        "l9 decisions settlement",
        f"l9 call settlement.grant_goodwill --data {GOODWILL} && l9 decisions settlement",
        "1 pending",
    ),
    (
        "l9 decide settlement ID --as Finance --data '{…}'",
        f'l9 decide settlement "{PENDING}" --as Finance --data {GRANTED}',
        '"granted": true',
    ),
    ("l9 audit settlement", "l9 audit settlement", "follow one from the other"),
    ("l9 health --stack staging --wait", "l9 health --wait", "ok"),
    ("l9 validate --stack prod", "l9 validate --stack prod", "Valid."),
    ("l9 releases --stack prod", "l9 releases", "DEPLOYED"),
    ("l9 export compose --output DIR", 'l9 export compose --output "$ELSEWHERE/composed"', "docker compose up"),
    ("l9 down --all-stacks", "l9 down --help", "--all-stacks"),
    ("l9 doctor", "l9 doctor", "pulumi engine"),
    ('eval "$(l9 completion bash)"', 'eval "$(l9 completion bash)"; complete -p l9', "_l9_completion"),
    ('eval "$(l9 env)"; pulumi preview', 'eval "$(l9 env)"; pulumi preview --non-interactive', "31 unchanged"),
]
"""What README says after its beginning, what that is here, and what it prints."""
NOWHERE = "http://127.0.0.1:9"
_OWN = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONUTF8", "no_proxy", "NO_PROXY", "LANG", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
"""Variables of whoever runs the suite that a stranger's shell has not."""
LAUNCHER = """#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
import sys
from l9stack.cli.main import run
sys.exit(run())
"""
"""As pip writes it at a path with a space."""


def commands(page: str) -> list[str]:
    """The commands of its blocks, without what a comment says of them."""
    shown = re.findall(r"^```console\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    lines = [line for block in shown for line in block.splitlines() if line.startswith("$ ")]
    return [re.sub(r"\s{2,}# .*", "", line[2:]).strip() for line in lines]


@dataclass(frozen=True)
class Clone:
    """A clone with its environment, and a shell in it."""

    root: Path
    environ: dict[str, str]

    @classmethod
    def make(cls, root: Path, elsewhere: Path) -> Clone:
        """Clone what git would, the working tree's changes included; `elsewhere` is for what commands are to write."""
        listed = _git(REPOSITORY, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        for name in filter(None, listed.split("\0")):
            if (REPOSITORY / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(REPOSITORY / name, root / name, follow_symlinks=False)
        _git(root, "init", "--quiet")
        _git(root, "add", "--all")
        _git(root, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "--message", "clone")
        _make_environment(root)
        (elsewhere / "t m p").mkdir(parents=True)
        for name in ("input.yaml", "input.answers.yaml"):
            shutil.copy(MINIMAL / name, elsewhere / name.replace("input", "echo"))
        names = ("http_proxy", "https_proxy", "all_proxy")
        proxies = {each: NOWHERE for name in names for each in (name, name.upper())}
        shell = {name: value for name, value in os.environ.items() if name not in _OWN}
        places = {"TMPDIR": str(elsewhere / "t m p"), "ELSEWHERE": str(elsewhere)}
        return cls(root, {**shell, **proxies, **places, "LC_ALL": "C"})

    def says(self, command: str, text: str) -> str:
        """What a line prints in a new shell with the environment active: it ends well, and says the text."""
        done = subprocess.run(
            ["bash", "-c", f"umask 077 && source .venv/bin/activate && {command}"],
            cwd=self.root,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=SECONDS,
        )
        assert (done.returncode, text in done.stdout) == (0, True), f"{command}:\n{done.stdout}"
        return done.stdout

    def changed(self) -> set[str]:
        """What is new or changed in the clone, by its first folder: also what git ignores, caches aside."""
        lines = _git(self.root, "status", "--porcelain", "--ignored", "-z").split("\0")
        return {line[3:].split("/")[0] for line in lines if line and "__pycache__" not in line}


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=True)
    return done.stdout.decode("utf-8", "surrogateescape")


def _make_environment(root: Path) -> None:
    """What `make setup` leaves, without a minute of installing: the packages are those that run the suite."""
    venv.create(root / ".venv", symlinks=True)
    binaries = root / ".venv" / "bin"
    (binaries / "l9").write_text(LAUNCHER.format(python=binaries / "python"), encoding="utf-8")
    (binaries / "l9").chmod(0o755)
    (binaries / "ruff").symlink_to(Path(sys.executable).with_name("ruff"))
    (packages,) = (root / ".venv" / "lib").glob("python*/site-packages")
    (packages / "_editable_impl_l9stack.pth").write_text(f"{root}\n", encoding="utf-8")
    # By a link: the suite's own path may have umlauts, and Python reads this file in the locale's encoding.
    (root / ".venv" / "others").symlink_to(site.getsitepackages()[0])
    (packages / "others.pth").write_text("../../../others\n")
    subprocess.run(["make", "-s", "places"], cwd=root, check=True)
    (root / ".venv" / ".ready").touch()

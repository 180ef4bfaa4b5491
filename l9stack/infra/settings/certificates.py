"""`l9stack:certificates`: whom agents trust beside, or in place of, the authorities that everybody trusts."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509

from l9stack.infra.runtimes.base import SERVICES
from l9stack.infra.settings.checks import is_text, listed
from l9stack.infra.settings.reader import Reader


def read_certificates(reader: Reader) -> dict[str, str]:
    """By service, a file of certificates (PEM) of the project, relative to it; no file that is none gets to agents."""
    found: dict[str, str] = {}
    for service, file in reader.mapping("certificates", "{postgres: certificates/rds.pem}").items():
        key, hint = f"certificates.{service}", "a file of the project with certificates, as certificates/rds.pem"
        if not reader.hold(service in SERVICES, key, "unknown backend", f"any of {listed(SERVICES)}"):
            continue
        if reader.hold(is_text(file), key, "no path", hint) and _held(reader, key, file, hint):
            found[service] = file
    return found


def _held(reader: Reader, key: str, file: str, hint: str) -> bool:
    path = reader.root / file
    inside = path.resolve().is_relative_to(reader.root.resolve()) and not Path(file).is_absolute()
    if not reader.hold(inside, key, f"{file!r} is outside the project", hint):
        return False
    if not reader.hold(path.is_file(), key, f"{file!r} is no file", hint):
        return False
    try:
        good = bool(x509.load_pem_x509_certificates(path.read_bytes()))
    except ValueError:
        good = False
    return reader.hold(good, key, f"{file!r} holds no certificates", hint)

"""What goes by a proxy of the environment: what leaves the stack, and nothing else.

Clients of HTTP take `http_proxy` and its like for every address, loopback included, and a proxy knows nothing of agents
and servers that are next to us: they would seem to be down. So agents and whatever else belongs to a stack are asked
directly, wherever they run, and an address by whether it is next to us. Everything else goes as the user's environment
says.
"""

from __future__ import annotations

import ipaddress
import urllib.request
from collections.abc import Mapping
from http.client import HTTPResponse
from urllib.parse import urlsplit

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_EXEMPT = ("no_proxy", "NO_PROXY")
"""Some programs read the one, some the other."""
_DIRECT = urllib.request.ProxyHandler({})


def is_near(url: str) -> bool:
    """Whether an address is next to us: of this machine, or a name without a dot, as in a network of containers."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return "." not in host or host.endswith(".localhost")


def loopback_exempt(environ: Mapping[str, str]) -> dict[str, str]:
    """Variables by which programs of others leave loopback alone; none where the environment names no proxy."""
    if not any(name.lower().endswith("_proxy") and value for name, value in environ.items() if name not in _EXEMPT):
        return {}
    known = [host.strip() for name in _EXEMPT for host in environ.get(name, "").split(",")]
    hosts = dict.fromkeys(host for host in (*known, *_LOOPBACK) if host)
    return dict.fromkeys(_EXEMPT, ",".join(hosts))


def ask_part(request: urllib.request.Request | str, seconds: float) -> HTTPResponse:
    """Ask a part of a stack, by no proxy; raises as `urllib.request.urlopen` does."""
    answer: HTTPResponse = urllib.request.build_opener(_DIRECT).open(request, timeout=seconds)
    return answer


def ask_address(request: urllib.request.Request, seconds: float) -> HTTPResponse:
    """Ask an address that the user named; raises as `urllib.request.urlopen` does."""
    if is_near(request.full_url):
        return ask_part(request, seconds)
    # `urlopen` keeps the opener, and with it the proxies, of the process's first request.
    answer: HTTPResponse = urllib.request.build_opener().open(request, timeout=seconds)
    return answer

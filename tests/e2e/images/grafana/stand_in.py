"""Answers as Grafana would about what was provisioned: its data sources and dashboards, to whoever has the password."""

import base64
import hmac
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import yaml

PROVISIONING = Path(os.environ.get("GF_PATHS_PROVISIONING", "/etc/grafana/provisioning"))
PASSWORD_FILE = os.environ.get("GF_SECURITY_ADMIN_PASSWORD__FILE")


def provisioned(kind, key):
    """Everything that the files of a kind list under a key, in the order of their names."""
    documents = [yaml.safe_load(path.read_text()) for path in sorted((PROVISIONING / kind).glob("*.y*ml"))]
    return [item for document in documents for item in document[key]]


def dashboards():
    """The dashboards in the folders that are provisioned, by uid; a file that is none ends the server."""
    folders = [Path(provider["options"]["path"]) for provider in provisioned("dashboards", "providers")]
    found = [json.loads(path.read_text()) for folder in folders for path in sorted(folder.rglob("*.json"))]
    return {dashboard["uid"]: dashboard for dashboard in found}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/api/health":
            self.answer(200, {"database": "ok"})
        elif not hmac.compare_digest(self.headers.get("Authorization", ""), AUTHORIZATION):
            self.answer(401, {"message": "Unauthorized"})
        elif self.path == "/api/datasources":
            self.answer(200, SOURCES)
        elif self.path.startswith("/api/search"):
            self.answer(200, [{"uid": uid, "title": found["title"]} for uid, found in BOARDS.items()])
        elif (uid := self.path.removeprefix("/api/dashboards/uid/")) in BOARDS:
            self.answer(200, {"dashboard": BOARDS[uid]})
        else:
            self.answer(404, {"message": "Not found"})

    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """Probes say nothing."""


PASSWORD = Path(PASSWORD_FILE).read_text().strip() if PASSWORD_FILE else "admin"
AUTHORIZATION = "Basic " + base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
SOURCES = provisioned("datasources", "datasources")
BOARDS = dashboards()
print(f"{len(SOURCES)} data sources, {len(BOARDS)} dashboards")
ThreadingHTTPServer(("0.0.0.0", 3000), Handler).serve_forever()

"""Real servers on loopback, each also behind TLS by a certificate of the test's own authority.

They live as long as a `with` block. Their passwords are made for it; Postgres runs as somebody else where we are root.
"""

from __future__ import annotations

import contextlib
import os
import pwd
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import boto3
import neo4j
import psycopg
from botocore.config import Config

from l9stack.agent.backends import BackendUrls
from l9stack.errors import ServiceError
from l9stack.local.processes import HOST, START_SECONDS, Server, answers, free_port, password, spawn, tail, wait_for
from l9stack.local.scratch import scratch_folder
from l9stack.local.unprivileged_user import become
from tests.e2e.images.commands import run
from tests.real_servers import programs
from tests.real_servers.authority import HOST as NAME, Authority, make_authority

BUCKET = "agents"
ACCESS_KEY = "l9-root"
REGION = "us-east-1"
_PLAIN = ("redis", "bolt", "disable")
_ENCRYPTED = ("rediss", "neo4j+s", "verify-full")
"""Schemes of Redis and Neo4j, and what Postgres is told."""


@dataclass(slots=True)
class Running:
    """A service's processes, and the ports of its plain and its encrypted address (the same for Bolt)."""

    servers: list[Server]
    plain: int
    tls: int


@dataclass(slots=True)
class RealServers:
    """All of them."""

    authority: Authority
    passwords: Mapping[str, str]
    folder: Path
    running: dict[str, Running] = field(default_factory=dict)

    @property
    def plain(self) -> BackendUrls:
        """Without TLS."""
        return self._urls(HOST, {name: running.plain for name, running in self.running.items()}, _PLAIN)

    @property
    def encrypted(self) -> BackendUrls:
        """With TLS, as people write the URLs; whom to trust is told beside them (`trust`)."""
        return self._urls(NAME, {name: running.tls for name, running in self.running.items()}, _ENCRYPTED)

    def _urls(self, host: str, ports: Mapping[str, int], written: tuple[str, str, str]) -> BackendUrls:
        word, (redis, neo4j_scheme, ssl_mode) = self._words(), written
        postgres = f"postgresql://l9:{word['postgres']}@{host}:{ports['postgres']}/l9?sslmode={ssl_mode}"
        return BackendUrls(
            redis=f"{redis}://:{word['redis']}@{host}:{ports['redis']}/0",
            postgres=postgres,
            neo4j=f"{neo4j_scheme}://neo4j:{word['neo4j']}@{host}:{ports['neo4j']}/neo4j",
            hypergraph=postgres,
            archive=f"s3://{BUCKET}",
        )

    @property
    def trust(self) -> dict[str, str]:
        """The variables that name the authority for each backend."""
        return dict.fromkeys(("L9_REDIS_CA", "L9_POSTGRES_CA", "L9_NEO4J_CA", "L9_ARCHIVE_CA"), self._ca)

    def archive_variables(self, *, tls: bool) -> dict[str, str]:
        """The variables by which agents reach the S3 server, as its root user."""
        return {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": self.passwords["archive"],
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint(tls=tls),
            **({} if tls else {"AWS_ALLOW_HTTP": "true"}),
        }

    def endpoint(self, *, tls: bool) -> str:
        """The S3 server's URL."""
        running = self.running["archive"]
        return f"https://{NAME}:{running.tls}" if tls else f"http://{HOST}:{running.plain}"

    def s3(self, access: str = ACCESS_KEY, secret: str = "") -> boto3.client:
        """A client of the S3 server, as its root user unless another one is named."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint(tls=False),
            region_name=REGION,
            aws_access_key_id=access,
            aws_secret_access_key=secret or self.passwords["archive"],
            config=Config(retries={"max_attempts": 1}, connect_timeout=2, s3={"addressing_style": "path"}),
        )

    def add_user(self, access: str, secret: str, role: str = "user") -> None:
        """Another account of the S3 server."""
        run(
            programs.archive(),
            "admin",
            *(
                "--access",
                ACCESS_KEY,
                "--secret",
                self.passwords["archive"],
                "--endpoint-url",
                self.endpoint(tls=False),
            ),
            *("create-user", "--access", access, "--secret", secret, "--role", role),
        )

    @property
    def _ca(self) -> str:
        return str(self.authority.certificate)

    def _words(self) -> dict[str, str]:
        return {name: quote(word) for name, word in self.passwords.items()}


@contextlib.contextmanager
def real_servers() -> Iterator[RealServers]:
    """Start all of them at the same time; they and their data are gone afterwards, also where we are killed.

    Raises:
        MissingError: a program is not on this machine and cannot be had.
        FailedError: obtaining one failed.
        ServiceError: a server did not start; the message ends with the last lines of its log.
    """
    found = {name: obtain() for name, obtain in programs.PROGRAMS.items()}
    parent = Path("/var/tmp") if os.geteuid() == 0 else None  # the database's user has to pass
    with scratch_folder("l9-real-", parent) as folder, ThreadPoolExecutor(len(found)) as pool:
        folder.chmod(0o711)
        authority = make_authority(folder / "tls")
        (folder / "tls").chmod(0o711)
        words = {name: password(folder, name) for name in found}
        real = RealServers(authority, words, folder)
        try:
            jobs = {name: pool.submit(_STARTERS[name], program, real) for name, program in found.items()}
            failures = []
            for name, job in jobs.items():
                try:
                    real.running[name] = job.result()
                except Exception as error:
                    failures.append(error)
            if failures:
                raise failures[0]
            real.s3().create_bucket(Bucket=BUCKET)
            yield real
        finally:
            servers = [server for running in real.running.values() for server in running.servers]
            list(pool.map(Server.stop, servers))


def _data(real: RealServers, name: str) -> Path:
    folder = real.folder / name
    folder.mkdir()
    return folder


def _redis(program: Path, real: RealServers) -> Running:
    data, log, plain, tls = _data(real, "redis"), real.folder / "redis.log", free_port(), free_port()
    tls_files = real.authority
    settings = [
        f"bind {HOST}",
        f"port {plain}",
        f"tls-port {tls}",
        f"tls-cert-file {tls_files.server}",
        f"tls-key-file {tls_files.key}",
        f"tls-ca-cert-file {tls_files.certificate}",
        "tls-auth-clients no",
        f"requirepass {real.passwords['redis']}",
        f"dir {data}",
        "save ''",
        "daemonize no",
    ]
    process = spawn([str(program), "-"], log, cwd=data, stdin="\n".join(settings).encode() + b"\n")
    hello = f"AUTH {real.passwords['redis']}\r\nPING\r\n".encode()
    server = Server("redis", "Redis", "", plain, process, log)
    return Running([wait_for(server, lambda: answers(plain, hello, b"PONG"))], plain, tls)


def _postgres(home: Path, real: RealServers) -> Running:
    data, log, port = _data(real, "postgres"), real.folder / "postgres.log", free_port()
    secret, key = data / "secret", data / "server.key"
    for path, text in ((secret, real.passwords["postgres"]), (key, real.authority.key.read_text())):
        path.touch(0o600)
        path.write_text(text)
    identity = become(data, pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None)
    initdb = [str(home / "bin" / "initdb"), "-D", str(data / "cluster"), "-U", "l9", "--auth=scram-sha-256"]
    initdb += [f"--pwfile={secret}", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]
    if spawn(initdb, log, cwd=data, become=identity).wait(START_SECONDS):
        raise ServiceError(f"Postgres could not make its data folder:\n{tail(log)}")
    settings = {
        "listen_addresses": HOST,
        "port": port,
        "unix_socket_directories": "",
        "fsync": "off",
        "ssl": "on",
        "ssl_cert_file": real.authority.server,
        "ssl_key_file": key,
        "dynamic_shared_memory_type": "mmap",
    }
    command = [str(home / "bin" / "postgres"), "-D", str(data / "cluster")]
    command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    address = {"host": HOST, "port": port, "user": "l9", "password": real.passwords["postgres"], "dbname": "postgres"}

    def accepts() -> bool:
        try:
            with psycopg.connect(**address, connect_timeout=5, autocommit=True) as connection:
                connection.execute("CREATE DATABASE l9")
        except psycopg.OperationalError:
            return False
        return True

    server = Server("postgres", "PostgreSQL", "", port, spawn(command, log, cwd=data, become=identity), log)
    return Running([wait_for(server, accepts)], port, port)


def _neo4j(jars: Path, real: RealServers) -> Running:
    home, log, port = _data(real, "neo4j"), real.folder / "neo4j.log", free_port()
    settings = {
        "server.bolt.listen_address": f"{HOST}:{port}",
        "server.bolt.advertised_address": f"{NAME}:{port}",
        "server.bolt.tls_level": "OPTIONAL",
        "dbms.ssl.policy.bolt.enabled": "true",
        "dbms.ssl.policy.bolt.base_directory": real.authority.server.parent,
        "dbms.ssl.policy.bolt.private_key": real.authority.key.name,
        "dbms.ssl.policy.bolt.public_certificate": real.authority.server.name,
        "dbms.ssl.policy.bolt.client_auth": "NONE",
        "server.http.enabled": "false",
        "server.https.enabled": "false",
        "dbms.usage_report.enabled": "false",
        "server.memory.pagecache.size": "32m",
        "dbms.security.auth_minimum_password_length": "1",
    }
    (home / "conf").mkdir()
    (home / "conf" / "neo4j.conf").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    command = [str(programs.java()), "-Xmx320m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    command += [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in ("java.nio", "java.io", "sun.nio.ch")]
    command += ["-cp", str(jars / "*"), "org.neo4j.server.CommunityEntryPoint"]
    command += [f"--home-dir={home}", f"--config-dir={home / 'conf'}"]
    server = Server("neo4j", "Neo4j", "", port, spawn(command, log, cwd=home), log)
    wait_for(server, lambda: answers(port, b"", b""))
    # A new server has one known password, and takes nothing but another one.
    first = "ALTER CURRENT USER SET PASSWORD FROM 'neo4j' TO $word"
    with neo4j.GraphDatabase.driver(f"bolt://{HOST}:{port}", auth=("neo4j", "neo4j")) as driver:
        driver.execute_query(first, word=real.passwords["neo4j"], database_="system")
    return Running([server], port, port)


def _archive(program: Path, real: RealServers) -> Running:
    data, plain, tls = _data(real, "archive"), free_port(), free_port()
    for name in ("buckets", "versions", "accounts"):
        (data / name).mkdir()
    secret = f"export ROOT_ACCESS_KEY_ID={ACCESS_KEY} ROOT_SECRET_ACCESS_KEY='{real.passwords['archive']}'\n"
    # Accounts are not remembered: the second process has to know what the first was told.
    options = f"--quiet --region {REGION} --iam-dir {data}/accounts --iam-cache-disable"
    folders = f"posix --versioning-dir {data}/versions {data}/buckets"
    encrypted = f"--cert {real.authority.server} --key {real.authority.key}"
    servers = []
    for name, port, more in (("archive", plain, ""), ("archive-tls", tls, encrypted)):
        log = real.folder / f"{name}.log"
        script = f"{secret}exec {program} --port {HOST}:{port} {options} {more} {folders}\n"
        process = spawn(["/bin/sh"], log, cwd=data, stdin=script.encode())
        server = Server(name, "versitygw", "", port, process, log)
        servers.append(wait_for(server, lambda port=port: answers(port, b"", b"")))
    return Running(servers, plain, tls)


_STARTERS: Mapping[str, Callable[[Path, RealServers], Running]] = {
    "redis": _redis,
    "postgres": _postgres,
    "neo4j": _neo4j,
    "archive": _archive,
}

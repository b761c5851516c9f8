"""Makes a folder's bytes depend on nothing but its contents."""

import os
from pathlib import Path

# 1 January 1980, the earliest a zip can hold.
TIMESTAMP = 315532800


def settle(folder: Path) -> None:
    """Give `folder` and all in it one time stamp, and modes that any user can read and none can write."""
    for path in (*folder.rglob("*"), folder):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.suffix == ".so" or ".so." in path.name else 0o644)
        os.utime(path, (TIMESTAMP, TIMESTAMP), follow_symlinks=False)

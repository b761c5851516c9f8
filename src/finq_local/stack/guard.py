"""Run a program that ends with its parent: `python -IS guard.py SIGNAL UID GID program [argument ...]`.

SIGNAL is what the program receives when the parent dies (Linux only; elsewhere the next start of the stack
clears up). UID and GID are -1 to stay who we are. A launcher instead of `preexec_fn`, because that one is
unsafe in a process with threads, and instead of `Popen(user=...)`, because the interpreter itself may lie
in a folder that the other user cannot enter.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    death_signal, uid, gid = (int(value) for value in sys.argv[1:4])
    parent = os.getppid()
    if gid >= 0:
        os.setgroups([])
        os.setgid(gid)
    if uid >= 0:
        os.setuid(uid)
    if sys.platform == "linux":
        # After the change of user, which resets it.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:
            sys.exit("the parent is gone already")
    os.execvp(sys.argv[4], sys.argv[4:])  # noqa: S606 -- no shell is the point


if __name__ == "__main__":
    main()

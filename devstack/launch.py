"""The last step before a child's own program: tie it to its parent, leave root behind, then exec.

Run as a script (`python -I -S launch.py PARENT_PID USER -- PROGRAM ARG…`), never imported by the stack: between
fork and exec only a fresh interpreter may safely call into libc. USER is `-` or a name to change to.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 4
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2


class CapabilityHeader(ctypes.Structure):
    """`struct __user_cap_header_struct` of linux/capability.h."""

    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class CapabilityData(ctypes.Structure):
    """`struct __user_cap_data_struct` of linux/capability.h."""

    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def die_with_parent(libc: ctypes.CDLL, parent_pid: int) -> None:
    """Ask the kernel to kill this process when its parent ends; exit at once if it has ended already."""
    libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent_pid:
        sys.exit("the parent ended before its child was started")


def keep_path_capability(libc: ctypes.CDLL) -> None:
    """Keep the one power of root that a server below a private folder needs: to pass through that folder.

    Without it a virtual environment or a data folder in root's home or in a `mktemp -d` folder could not be used,
    short of opening those folders to everybody. Where the kernel refuses, ordinary permissions decide.
    """
    header = CapabilityHeader(CAPABILITY_VERSION_3, 0)
    held = (CapabilityData * 2)()
    libc.capget(ctypes.byref(header), ctypes.byref(held))
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        bit = 1 << capability
        if held[0].permitted & bit:
            wanted = (CapabilityData * 2)(CapabilityData(bit, bit, bit), CapabilityData(0, 0, 0))
            if libc.capset(ctypes.byref(header), ctypes.byref(wanted)) == 0:
                libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)
            return


def become(libc: ctypes.CDLL | None, name: str) -> None:
    """Change from root to the named user for good."""
    account = pwd.getpwnam(name)
    if libc is not None:
        libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
        # Else `access()`, by which PostgreSQL looks at its own programs, asks as if the capability weren't there.
        libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    os.environ.update(HOME="/", USER=name, LOGNAME=name)
    if libc is not None:
        keep_path_capability(libc)


def main(arguments: list[str]) -> None:
    """Prepare this process as asked and replace it by the program; does not return."""
    parent_pid, user, _, *program = arguments
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    if user != "-":
        become(libc, user)
    if libc is not None:  # after the change of user, which clears the death signal
        die_with_parent(libc, int(parent_pid))
    try:
        os.execvp(program[0], program)
    except OSError as error:
        sys.exit(f"{program[0]}: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])

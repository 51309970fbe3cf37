"""What the operating system sees of this process's files."""

import resource
from contextlib import contextmanager
from pathlib import Path

DESCRIPTORS = Path("/proc/self/fd")


@contextmanager
def files_limited_to(size):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def count_open():
    return len(list(DESCRIPTORS.iterdir()))


def open_below(directory):
    return [path for path in DESCRIPTORS.iterdir() if path.is_symlink() and str(directory) in str(path.readlink())]

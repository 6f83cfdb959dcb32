"""File errors as the errors of the ports."""

from __future__ import annotations

import errno
import functools
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from assistant.errors import ProviderError, TransientError

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "local"
_LATER = {errno.EAGAIN, errno.EBUSY, errno.EINTR, errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ESTALE}

P = ParamSpec("P")
T = TypeVar("T")


def guarded(operation: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Turn what the file system raises into ProviderError, so that a port raises nothing else."""

    def wrap(method: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(method)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return method(*args, **kwargs)
            except OSError as error:
                kind = TransientError if error.errno in _LATER else ProviderError
                where = error.filename or "a file"
                message = f"{where}: {error.strerror}; check that it exists and may be read and written"
                raise kind(NAME, operation, message) from error

        return call

    return wrap

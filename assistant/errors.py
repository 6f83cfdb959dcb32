"""Errors that reach the user; every message says what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta


class AssistantError(Exception):
    """Any failure that Ringback foresees. `EXIT_CODE` is what the command line returns for it."""

    EXIT_CODE: ClassVar[int] = 5


class UsageError(AssistantError):
    """The command asks for something that does not exist or cannot be done now."""

    EXIT_CODE = 3


class ConfigError(AssistantError):
    """The configuration is wrong. Lists every bad key at once.

    Args:
        problems: one line each, with the key and what to write instead.
        source: the file (or other place) they stand in, None when there is none.
    """

    EXIT_CODE = 3

    def __init__(self, problems: Sequence[str], source: str | None = None) -> None:
        self.problems = tuple(problems)
        self.source = source
        head = f"{source}: " if source else ""
        count = len(self.problems)
        lines = self.problems[0] if count == 1 else f"{count} mistakes\n  " + "\n  ".join(self.problems)
        super().__init__(head + lines)


class MissingExtraError(ConfigError):
    """A provider's library is not installed. Prints the exact install line."""

    def __init__(self, provider: str, extra: str) -> None:
        super().__init__([f"provider {provider} is not installed. Run: pip install 'ringback[{extra}]'"])


class ProviderError(AssistantError):
    """A mailbox, calendar or address book did not do what was asked.

    Args:
        provider: its name in the settings ("local", "google", ...).
        operation: the port's method, such as "calendar.put".
        message: what happened and what to do next. The SDK's error is the `__cause__`.
    """

    EXIT_CODE = 1

    def __init__(self, provider: str, operation: str, message: str) -> None:
        self.provider = provider
        self.operation = operation
        super().__init__(f"{provider} {operation}: {message}")


class AuthError(ProviderError):
    """Sign-in is needed or was revoked."""

    EXIT_CODE = 2


class TransientError(ProviderError):
    """It may work later. `retry_after` is None when the service did not say how long to wait."""

    def __init__(self, provider: str, operation: str, message: str, retry_after: timedelta | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(provider, operation, message)


class UnsupportedError(ProviderError):
    """The service cannot express what was asked."""


class CursorExpiredError(ProviderError):
    """The cursor is too old or unknown; read again from the beginning with None."""


class InvalidResponseError(ProviderError):
    """The service (or a file of the user's) holds something that its format does not allow."""


class PreconditionError(ProviderError):
    """The object is not as the caller believed."""


class NotFoundError(PreconditionError):
    """No object has this ref."""


class AlreadyExistsError(PreconditionError):
    """An object with this key exists and differs from what was to be written."""


class WrongETagError(PreconditionError):
    """The object changed since it was read."""


class RecognitionError(AssistantError):
    """A mail could not be read as the notification that it seems to be. It goes to the review bin."""


class TemplateError(AssistantError):
    """A template cannot be used. The message names the file, the fault and the remedy."""

    EXIT_CODE = 3


class LedgerError(AssistantError):
    """The ledger is busy, damaged or of a version that this program does not know."""

"""What commands take as arguments: ids, and words of the ledger in any spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import click

from assistant.cli import when as reader
from assistant.model.journal import Subject

if TYPE_CHECKING:
    from enum import StrEnum

    from assistant.cli.session import Session
    from assistant.cli.when import When

    _Base = click.ParamType[Subject]
    _Choice = click.Choice[str]
else:  # in older releases of click these take no type
    _Base, _Choice = click.ParamType, click.Choice

_E = TypeVar("_E", bound="StrEnum")


class _Id(_Base):
    """The id of a callback, with or without a number sign."""

    name = "id"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Subject:
        """Return the id."""
        plain = value.strip().removeprefix("#")
        if not plain.isdecimal() or not plain.isascii():
            self.fail(f"{value!r} is no id of a callback. `ringback list` shows the ids.", param, ctx)
        return Subject(str(int(plain)))


class Word(_Choice, Generic[_E]):
    """One of an enumeration's words; spaces and hyphens count as underscores."""

    def __init__(self, words: type[_E]) -> None:
        super().__init__([str(word) for word in words], case_sensitive=False)
        self._words = words

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> _E:
        """Return the member."""
        plain = str(value).strip().replace("-", "_").replace(" ", "_")
        return self._words(super().convert(plain, param, ctx))


SUBJECT = _Id()


def when_of(session: Session, text: str) -> When:
    """Return what a time in words means to this user; see `when.read`."""
    return reader.read(text, session.zone, session.clock.now(), session.settings.user.language)

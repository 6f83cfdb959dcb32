"""Whoever signs in to an Exchange, for tests: secrets in memory, and answers to what is asked."""

from __future__ import annotations

from assistant.errors import UsageError


class Memory:
    """Secrets in memory."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        return self.values.get(name)

    def set(self, name: str, value: str) -> None:
        self.values[name] = value

    def delete(self, name: str) -> None:
        self.values.pop(name, None)


class Person:
    """Answers in order; "" takes what is proposed.

    Args:
        answers: to what is asked.
    """

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.told: list[str] = []
        self.shown: list[str] = []
        self.hidden: list[str] = []

    def tell(self, text: str) -> None:
        self.told.append(text)

    def browse(self, url: str) -> bool:
        raise AssertionError(f"no browser is needed for {url}")

    def paste(self, prompt: str, *, hidden: bool = False, default: str | None = None) -> str:
        (self.hidden if hidden else self.shown).append(prompt)
        if not self._answers:
            raise UsageError("nobody is there")
        answer = self._answers.pop(0)
        return answer or default or ""

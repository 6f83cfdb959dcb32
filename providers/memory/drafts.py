"""The DraftBox port in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.errors import AlreadyExistsError, NotFoundError, WrongETagError
from assistant.model.mailbox import Draft, DraftRef, ETag, Ref
from providers.memory.state import NAME, State, StoredDraft

if TYPE_CHECKING:
    from collections.abc import Iterator


class MemoryDraftBox:
    """Drafts of a `State`."""

    def __init__(self, state: State) -> None:
        self._state = state

    def put(self, raw: bytes, key: str, thread: str | None = None, previous: DraftRef | None = None) -> DraftRef:
        """Write under a new ref, or in place."""
        with self._state.operation("drafts.put"):
            wanted = StoredDraft(raw if _keyed(raw, key) else f"X-Ringback-Key: {key}\n".encode() + raw, key, thread)
            ref = self._target(wanted, previous)
            if self._state.drafts.get(ref) != wanted:
                self._state.drafts[ref] = wanted
                self._state.touch("draft", ref)
            return self._ref(ref)

    def _target(self, wanted: StoredDraft, previous: DraftRef | None) -> Ref:
        """Return the ref to write to, after the checks."""
        same = [ref for ref, draft in self._state.drafts.items() if draft.key == wanted.key]
        if previous is None:
            if same and self._state.drafts[same[0]].raw != wanted.raw:
                raise AlreadyExistsError(NAME, "drafts.put", f"a draft with the key {wanted.key} exists; read it first")
            return same[0] if same else self._state.new_ref("d")
        current = self._state.drafts.get(previous.ref)
        if current is None:
            raise NotFoundError(NAME, "drafts.put", f"the draft {previous.ref} is gone")
        if self._ref(previous.ref) != previous and current.raw != wanted.raw:
            raise WrongETagError(NAME, "drafts.put", f"the draft {previous.ref} was edited")
        return previous.ref

    def _ref(self, ref: Ref) -> DraftRef:
        return DraftRef(ref=ref, etag=self._state.etag("draft", ref))

    def _draft(self, ref: Ref) -> Draft:
        found = self._state.drafts[ref]
        return Draft(ref=self._ref(ref), raw=found.raw, key=found.key, thread=found.thread)

    def get(self, ref: Ref) -> Draft:
        """Read one draft."""
        with self._state.operation("drafts.get"):
            if ref not in self._state.drafts:
                raise NotFoundError(NAME, "drafts.get", f"the draft {ref} is gone")
            return self._draft(ref)

    def find(self, key: str) -> Draft | None:
        """Look a key up."""
        with self._state.operation("drafts.find"):
            return next((self._draft(ref) for ref, draft in self._state.drafts.items() if draft.key == key), None)

    def list(self) -> Iterator[Draft]:
        """Yield all drafts."""
        with self._state.operation("drafts.list"):
            refs = tuple(self._state.drafts)
        yield from (self._draft(ref) for ref in refs if ref in self._state.drafts)

    def delete(self, ref: Ref, etag: ETag) -> None:
        """Delete a draft in this version."""
        with self._state.operation("drafts.delete"):
            if ref in self._state.drafts:
                if self._ref(ref).etag != etag:
                    raise WrongETagError(NAME, "drafts.delete", f"the draft {ref} was edited")
                self._state.delete_draft(ref)


def _keyed(raw: bytes, key: str) -> bool:
    return f"x-ringback-key: {key}".lower().encode() in raw.partition(b"\n\n")[0].replace(b"\r", b"").lower().split(
        b"\n"
    )

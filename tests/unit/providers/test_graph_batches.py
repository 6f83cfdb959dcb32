"""Batches as they are written and read."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from assistant.errors import InvalidResponseError, NotFoundError, ProviderError, TransientError
from providers._net import ThrottledError
from providers.microsoft365 import batches
from providers.microsoft365.batches import Part

ROOT = "https://graph.microsoft.com/v1.0/"


def _read(wanted: dict[str, Part], *answers: object) -> dict[str, dict[str, Any] | ProviderError]:
    return batches.read("mailbox.changes", wanted, {"responses": list(answers)})


def test_a_batch_is_written_as_graph_reads_it() -> None:
    """Paths are relative, and each part asks for ids that stay."""
    wanted = {
        "a": Part("PATCH", "me/messages/A", body={"categories": ["x"]}, headers={"If-Match": 'W/"1"'}),
        "b": Part("GET", f"{ROOT}me/messages?$skip=1", {"$top": "5"}, after="a"),
    }
    first, second = json.loads(batches.written(wanted, ROOT))["requests"]
    assert first == {
        "id": "0",
        "method": "PATCH",
        "url": "/me/messages/A",
        "body": {"categories": ["x"]},
        "headers": {"If-Match": 'W/"1"', "Prefer": 'IdType="ImmutableId"', "Content-Type": "application/json"},
    }
    assert (second["url"], second["dependsOn"]) == ("/me/messages?$skip=1&$top=5", ["0"])


def test_batches_have_at_most_twenty_parts_and_three_megabytes() -> None:
    """Many parts and large ones are spread over several batches, none lost and all in order."""
    many = {str(number): Part("GET", "me") for number in range(45)}
    assert [len(one) for one in batches.portions(many, ROOT)] == [20, 20, 5]
    large = {str(number): Part("POST", "me/messages", body={"x": "y" * (1 << 20)}) for number in range(5)}
    sizes = [len(one) for one in batches.portions(large, ROOT)]
    assert sizes == [2, 2, 1]
    assert list(batches.portions({}, ROOT)) == []


def test_each_part_has_its_own_answer() -> None:
    """Answers come in any order; empty ones are {}, base64 is bytes, and one that is missing may come later."""
    wanted = {key: Part("GET", "me") for key in "abcdef"}
    found = _read(
        wanted,
        {"id": "2", "status": 200, "body": base64.b64encode(b"MIME").decode()},
        {"id": "0", "status": 200, "body": {"id": "x"}},
        {"id": "1", "status": 204},
        {"id": "3", "status": 404, "body": {"error": {"code": "ErrorItemNotFound", "message": "gone"}}},
        {"id": "4", "status": 429, "headers": {"Retry-After": "3"}, "body": {"error": {"code": "X", "message": "y"}}},
    )
    assert (found["a"], found["b"], found["c"]) == ({"id": "x"}, {}, {"content": b"MIME"})
    assert isinstance(found["d"], NotFoundError)
    assert isinstance(found["e"], ThrottledError)
    assert isinstance(found["f"], TransientError)
    assert list(found) == list("abcdef")


def test_a_part_that_waited_for_another_fails_as_that_did() -> None:
    """424 is told as what came in the way of the part before."""
    wanted = {"a": Part("GET", "me"), "b": Part("GET", "me", after="a")}
    gone = {"error": {"code": "ErrorItemNotFound", "message": "gone"}}
    found = _read(wanted, {"id": "0", "status": 404, "body": gone}, {"id": "1", "status": 424, "body": {}})
    assert found["b"] is found["a"]
    assert isinstance(found["a"], NotFoundError)


@pytest.mark.parametrize("answer", [{}, {"responses": None}, {"responses": {}}])
def test_an_answer_that_is_no_batch(answer: dict[str, Any]) -> None:
    """It is one error for all."""
    with pytest.raises(InvalidResponseError):
        batches.read("mailbox.changes", {"a": Part("GET", "me")}, answer)


@pytest.mark.parametrize(
    "one",
    [{"id": "0"}, {"id": "0", "status": "200"}, {"id": "0", "status": 200, "body": "<p>"}, {"id": "0", "status": 301}],
)
def test_a_part_that_cannot_be_read(one: dict[str, Any]) -> None:
    """It is an error of that part alone."""
    found = _read({"a": Part("GET", "me"), "b": Part("GET", "me")}, one, {"id": "1", "status": 204}, "text")
    assert isinstance(found["a"], InvalidResponseError)
    assert found["b"] == {}

"""Readers and mails that the tests of this folder share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assistant.model.call import Reader

CORPUS = Path(__file__).parents[2] / "corpus"


def labels_of(folder: Path) -> list[dict[str, Any]]:
    """Return the labels of a corpus folder."""
    return [json.loads(line) for line in (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines()]


LABELS = labels_of(CORPUS)
SERVERS = ("mx.google.com", "mail.protection.outlook.com")

NEW_YORK = Reader(
    region="US", zone="America/New_York", addresses=("dana@office.example",), authserv_ids=("mx.office.example",)
)
BERLIN = Reader(region="DE", zone="Europe/Berlin", addresses=("jonas@office.example",))
PARIS = Reader(region="FR", zone="Europe/Paris")
MADRID = Reader(region="ES", zone="Europe/Madrid")
LONDON = Reader(region="GB", zone="Europe/London")


def reader_of(label: dict[str, Any]) -> Reader:
    """Return the reader of a corpus mail."""
    box = label["mailbox"]
    return Reader(region=box["region"], zone=box["tz"], addresses=(box["address"],), authserv_ids=SERVERS)


def mail(
    subject: str,
    body: str,
    *,
    sender: str = "no-reply@vendor.example",
    date: str = "Tue, 10 Nov 2026 15:20:30 +0000",
    head: str = "",
    html: bool = False,
    attachment: str = "",
) -> bytes:
    """Compose a mail as a phone system would; `head` holds further header lines, `attachment` a file name."""
    kind = "text/html" if html else "text/plain"
    start = f"{head}From: {sender}\nTo: dana@office.example\nSubject: {subject}\nDate: {date}\nMIME-Version: 1.0\n"
    if not attachment:
        return f"{start}Content-Type: {kind}; charset=utf-8\n\n{body}\n".encode()
    part = f'Content-Type: application/octet-stream\nContent-Disposition: attachment; filename="{attachment}"\n\nAAAA'
    text = f"--b\nContent-Type: {kind}; charset=utf-8\n\n{body}\n--b\n{part}\n--b--\n"
    return f"{start}Content-Type: multipart/mixed; boundary=b\n\n{text}".encode()

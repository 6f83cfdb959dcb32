"""Tests of the ledger: journal, fold, content, outbox, decisions, undo, check, file."""

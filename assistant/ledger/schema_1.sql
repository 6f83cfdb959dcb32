-- Version 1. Every table has a principal: whose calls these are.

CREATE TABLE change (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    principal TEXT NOT NULL,
    at        TEXT NOT NULL,
    command   TEXT NOT NULL,
    is_pass   INTEGER NOT NULL
) STRICT;

CREATE TABLE entry (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    principal TEXT NOT NULL,
    change    INTEGER NOT NULL REFERENCES change (id),
    at        TEXT NOT NULL,
    subject   TEXT NOT NULL,
    fact      TEXT NOT NULL
) STRICT;
CREATE INDEX entry_subject ON entry (principal, subject, seq);
CREATE INDEX entry_change ON entry (change);

-- The journal only grows.
CREATE TRIGGER entry_never_changes BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END;
CREATE TRIGGER entry_never_goes BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END;

-- The current state of each subject: fold(entries), written in the same transaction.
CREATE TABLE state (
    principal TEXT NOT NULL,
    subject   TEXT NOT NULL,
    type      TEXT NOT NULL,
    status    TEXT,
    value     TEXT NOT NULL,
    PRIMARY KEY (principal, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX state_status ON state (principal, type, status);

-- Everything about people that can be erased; fold never reads it.
CREATE TABLE content (
    principal TEXT NOT NULL,
    id        TEXT NOT NULL,
    type      TEXT NOT NULL,
    subject   TEXT,
    called_at TEXT,
    number    TEXT,
    name      TEXT,
    value     TEXT,
    PRIMARY KEY (principal, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX content_number ON content (principal, number) WHERE number IS NOT NULL;
CREATE INDEX content_subject ON content (principal, subject) WHERE subject IS NOT NULL;

-- Every message ever considered, and what became of it.
CREATE TABLE message (
    principal   TEXT NOT NULL,
    id          TEXT NOT NULL,
    mailbox     TEXT NOT NULL,
    ref         TEXT NOT NULL,
    received_at TEXT NOT NULL,
    thread      TEXT,
    disposition TEXT NOT NULL,
    kind        TEXT NOT NULL,
    trust       TEXT NOT NULL,
    vendor      TEXT,
    reason      TEXT NOT NULL,
    label       TEXT,
    gone        INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (principal, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX message_ref ON message (principal, mailbox, ref);
CREATE INDEX message_disposition ON message (principal, disposition);

CREATE TABLE report (
    principal TEXT NOT NULL,
    message   TEXT NOT NULL,
    call      TEXT NOT NULL,
    PRIMARY KEY (principal, message, call)
) STRICT, WITHOUT ROWID;

CREATE TABLE cursor (
    principal TEXT NOT NULL,
    source    TEXT NOT NULL,
    value     TEXT NOT NULL,
    PRIMARY KEY (principal, source)
) STRICT, WITHOUT ROWID;

-- Operations are written here before they are tried; the payload goes when they are done.
CREATE TABLE outbox (
    principal  TEXT NOT NULL,
    key        TEXT NOT NULL,
    subject    TEXT NOT NULL,
    operation  TEXT,
    state      TEXT NOT NULL,
    created_at TEXT NOT NULL,
    ref        TEXT,
    etag       TEXT,
    PRIMARY KEY (principal, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_state ON outbox (principal, state);

CREATE TABLE meta (
    principal TEXT NOT NULL,
    key       TEXT NOT NULL,
    value     TEXT NOT NULL,
    PRIMARY KEY (principal, key)
) STRICT, WITHOUT ROWID;

-- name: add_change
INSERT INTO change (principal, at, command, is_pass) VALUES (:principal, :at, :command, :is_pass);

-- name: changes
SELECT id, at, command, is_pass FROM change WHERE principal = :principal ORDER BY id DESC LIMIT :limit;

-- name: change
SELECT id, at, command, is_pass FROM change WHERE principal = :principal AND id = :id;

-- name: add_entry
INSERT INTO entry (principal, change, at, subject, fact) VALUES (:principal, :change, :at, :subject, :fact);

-- name: entries
SELECT seq, change, at, subject, fact FROM entry WHERE principal = :principal ORDER BY seq;

-- name: entries_of_subject
SELECT seq, change, at, subject, fact FROM entry WHERE principal = :principal AND subject = :subject ORDER BY seq;

-- name: entries_of_change
SELECT seq, change, at, subject, fact FROM entry WHERE principal = :principal AND change = :change ORDER BY seq;

-- name: entry_count
SELECT count(*) FROM entry WHERE principal = :principal;

-- name: last_entry
SELECT seq FROM entry WHERE principal = :principal ORDER BY seq DESC LIMIT 1;

-- name: events_written_since
SELECT DISTINCT subject FROM entry
WHERE principal = :principal AND seq > :seq AND json_extract(fact, '$.kind') = 'event_written';

-- name: subjects
SELECT DISTINCT subject FROM entry WHERE principal = :principal;

-- name: put_state
INSERT INTO state (principal, subject, type, status, value) VALUES (:principal, :subject, :type, :status, :value)
ON CONFLICT (principal, subject) DO UPDATE SET status = excluded.status, value = excluded.value;

-- name: state
SELECT value FROM state WHERE principal = :principal AND subject = :subject;

-- name: states
SELECT subject, type, status FROM state WHERE principal = :principal;

-- name: states_of_type
SELECT value FROM state WHERE principal = :principal AND type = :type;

-- name: states_with_status
SELECT value FROM state WHERE principal = :principal AND type = :type AND status = :status;

-- name: count_states
SELECT status, count(*) FROM state WHERE principal = :principal AND type = :type GROUP BY status;

-- name: next_number
SELECT coalesce(max(CAST(subject AS INTEGER)), 0) + 1 FROM state WHERE principal = :principal AND type = 'callback';

-- name: put_content
INSERT INTO content (principal, id, type, subject, called_at, number, name, value)
VALUES (:principal, :id, :type, :subject, :called_at, :number, :name, :value)
ON CONFLICT (principal, id) DO UPDATE
SET called_at = excluded.called_at, number = excluded.number, name = excluded.name, value = excluded.value;

-- name: content
SELECT value FROM content WHERE principal = :principal AND id = :id;

-- name: contents
SELECT id, subject, called_at, number, name, value FROM content
WHERE principal = :principal AND type IN ('call', 'envelope', 'reasons') ORDER BY id;

-- name: erase_content
DELETE FROM content WHERE principal = :principal AND id = :id;

-- name: move_call
UPDATE content SET subject = :subject WHERE principal = :principal AND id = :id;

-- name: calls_of_subject
SELECT id, subject, number, name, value FROM content
WHERE principal = :principal AND type = 'call' AND subject = :subject ORDER BY called_at, id;

-- name: calls_with_status
SELECT c.id, c.subject, c.number, c.name, c.value FROM content AS c
JOIN state AS s ON s.principal = c.principal AND s.subject = c.subject
WHERE c.principal = :principal AND c.type = 'call' AND s.type = 'callback' AND s.status = :status
ORDER BY c.called_at, c.id;

-- name: callers_with_status
SELECT c.subject, c.number, c.name FROM content AS c
JOIN state AS s ON s.principal = c.principal AND s.subject = c.subject
WHERE c.principal = :principal AND c.type = 'call' AND s.type = 'callback' AND s.status = :status
ORDER BY c.called_at, c.id;

-- name: calls_by_number
SELECT id, subject, number, name, value FROM content
WHERE principal = :principal AND type = 'call' AND number = :number ORDER BY called_at, id;

-- name: calls_by_name
SELECT id, subject, number, name, value FROM content
WHERE principal = :principal AND type = 'call' AND number IS NULL AND name = :name COLLATE NOCASE
ORDER BY called_at, id;

-- name: call_content_ids
SELECT id, subject FROM content WHERE principal = :principal AND type = 'call';

-- name: put_message
INSERT INTO message (principal, id, mailbox, ref, received_at, thread, disposition, kind, trust, vendor, reason)
VALUES (:principal, :id, :mailbox, :ref, :received_at, :thread, :disposition, :kind, :trust, :vendor, :reason)
ON CONFLICT (principal, id) DO UPDATE
SET disposition = excluded.disposition, kind = excluded.kind, trust = excluded.trust, vendor = excluded.vendor,
    reason = excluded.reason;

-- name: message_by_ref
SELECT * FROM message WHERE principal = :principal AND mailbox = :mailbox AND ref = :ref;

-- name: message
SELECT * FROM message WHERE principal = :principal AND id = :id;

-- name: known_refs
SELECT ref FROM message WHERE principal = :principal AND mailbox = :mailbox AND gone = 0 AND received_at >= :since;

-- name: messages_with_disposition
SELECT * FROM message WHERE principal = :principal AND disposition = :disposition ORDER BY received_at, id;

-- name: messages_considered
SELECT * FROM message WHERE principal = :principal AND disposition IN ('call', 'bin', 'dismissed') ORDER BY id;

-- name: messages_of_call
SELECT m.* FROM message AS m JOIN report AS r ON r.principal = m.principal AND r.message = m.id
WHERE m.principal = :principal AND r.call = :call;

-- name: subjects_of_message
SELECT DISTINCT c.subject FROM report AS r JOIN content AS c ON c.principal = r.principal AND c.id = r.call
WHERE r.principal = :principal AND r.message = :message ORDER BY c.subject;

-- name: messages_with_subject
SELECT DISTINCT m.*, c.subject AS subject FROM message AS m
JOIN report AS r ON r.principal = m.principal AND r.message = m.id
JOIN content AS c ON c.principal = r.principal AND c.id = r.call
WHERE m.principal = :principal AND m.disposition = 'call' AND m.gone = 0 ORDER BY m.received_at, m.id;

-- name: calls_without_report
SELECT m.id FROM message AS m LEFT JOIN report AS r ON r.principal = m.principal AND r.message = m.id
WHERE m.principal = :principal AND m.disposition = 'call' AND r.call IS NULL;

-- name: reports_without_message
SELECT r.message, r.call FROM report AS r LEFT JOIN message AS m ON m.principal = r.principal AND m.id = r.message
WHERE r.principal = :principal AND m.id IS NULL;

-- name: reports
SELECT message, call FROM report WHERE principal = :principal;

-- name: mark_back
UPDATE message SET gone = 0 WHERE principal = :principal AND mailbox = :mailbox AND ref = :ref;

-- name: mark_gone
UPDATE message SET gone = 1 WHERE principal = :principal AND mailbox = :mailbox AND ref = :ref;

-- name: set_label
UPDATE message SET label = :label WHERE principal = :principal AND id = :id;

-- name: add_report
INSERT OR IGNORE INTO report (principal, message, call) VALUES (:principal, :message, :call);

-- name: cursor
SELECT value FROM cursor WHERE principal = :principal AND source = :source;

-- name: put_cursor
INSERT INTO cursor (principal, source, value) VALUES (:principal, :source, :value)
ON CONFLICT (principal, source) DO UPDATE SET value = excluded.value;

-- name: drop_cursor
DELETE FROM cursor WHERE principal = :principal AND source = :source;

-- name: put_operation
INSERT INTO outbox (principal, key, subject, operation, state, created_at)
VALUES (:principal, :key, :subject, :operation, 'pending', :created_at)
ON CONFLICT (principal, key) DO UPDATE
SET operation = excluded.operation, state = 'pending', created_at = excluded.created_at, ref = NULL, etag = NULL;

-- name: settle_operation
UPDATE outbox SET state = :state, operation = NULL, ref = :ref, etag = :etag
WHERE principal = :principal AND key = :key;

-- name: pending_operations
SELECT key, subject, operation FROM outbox WHERE principal = :principal AND state = 'pending' ORDER BY created_at, key;

-- name: meta
SELECT value FROM meta WHERE principal = :principal AND key = :key;

-- name: put_meta
INSERT INTO meta (principal, key, value) VALUES (:principal, :key, :value)
ON CONFLICT (principal, key) DO UPDATE SET value = excluded.value;

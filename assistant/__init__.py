"""Ringback's core: it returns your calls.

One flow, every stage a pure function from values to values:

    mailbox --heads, raw--> recognise --Call--> match --> ledger --Callback--> triage --Rank--> plan --Plan-->
        reconcile --operations--> calendar (slots, holds) + drafts + labels          (writing)
    calendar, labels, drafts, sent mail --changes--> outcome --entries--> ledger     (reading)

`model`, `errors` and `ports` are the words all others speak; `standards` are codecs for iCalendar, vCard, MIME and
telephone numbers. `recognise` reads calls out of mails, `match` decides which callback a call belongs to, `triage`
says how soon, `plan` says when, `words` says what, `reconcile` says what to write, `outcome` reads what the user did.
`ledger` keeps a journal that only grows and the state folded from it. `pipeline` alone knows the order of one pass;
`bootstrap` wires it to providers found by name; `cli`, `service` and `demo` are thin doors.

Who may import whom: cli, service, demo -> bootstrap -> pipeline -> ledger, settings -> stages (never one another) ->
ports -> standards -> model -> errors. Nothing here imports `providers`.
"""

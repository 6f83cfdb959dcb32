"""What triage looks at and what it answers: the case, the user's rules, working time and the rank."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from assistant.model.call import E164, Call, Kind, Window
from assistant.model.planning import Bucket


class Signal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words in a transcript that say how soon to call.

    One of `words` must occur and, where `with_words` is not empty, one of those too; as whole words, in any case.
    `reason` is the sentence that is shown, followed by the words found. The call's bucket is at least `bucket`.
    """

    name: str
    bucket: Bucket
    reason: str
    words: tuple[str, ...]
    with_words: tuple[str, ...] = ()


URGENT_WORDS = {
    "en": ("urgent", "urgently", "asap", "as soon as possible", "emergency", "right away", "immediately"),
    "de": ("dringend", "dringende", "eilt", "eilig", "sofort", "notfall", "so schnell wie möglich", "umgehend"),
    "fr": ("urgent", "urgente", "urgence", "au plus vite", "dès que possible", "immédiatement"),
    "es": ("urgente", "urgencia", "emergencia", "cuanto antes", "lo antes posible", "inmediatamente"),
}
LOW_WORDS = {
    "en": (
        "not urgent", "nothing urgent", "isn't urgent", "not an emergency", "no emergency", "no rush", "no hurry",
        "whenever you get a chance", "when you get a chance", "when you have time",
    ),
    "de": ("nicht dringend", "nichts dringendes", "kein notfall", "keine eile", "eilt nicht", "nicht eilig",
           "wenn sie zeit haben"),
    "fr": ("pas urgent", "rien d'urgent", "pas une urgence", "pas pressé", "quand vous aurez le temps"),
    "es": ("no es urgente", "nada urgente", "no es una emergencia", "sin prisa", "no hay prisa", "cuando tenga tiempo"),
}  # fmt: skip
PAID_WORDS = {
    "en": ("already paid", "have paid", "i've paid", "we've paid", "paid in full", "not delivered", "never arrived",
           "hasn't arrived", "money back"),
    "de": ("bereits bezahlt", "schon bezahlt", "nicht geliefert", "nicht angekommen", "geld zurück"),
    "fr": ("déjà payé", "pas livré", "pas été livré", "jamais arrivé", "jamais reçu"),
    "es": ("ya pagué", "ya he pagado", "ya hemos pagado", "no ha llegado", "no entregado"),
}  # fmt: skip
COMPLAINT_WORDS = {
    "en": ("complaint", "complain", "unacceptable", "refund", "disappointed", "my lawyer"),
    "de": ("beschwerde", "beschweren", "reklamation", "reklamieren", "erstattung", "mein anwalt"),
    "fr": ("réclamation", "me plaindre", "inacceptable", "remboursement", "mon avocat"),
    "es": ("queja", "reclamación", "inaceptable", "reembolso", "mi abogado"),
}
EVENT_WORDS = {
    "en": ("wedding", "funeral", "ceremony", "reception", "party", "concert", "flight"),
    "de": ("hochzeit", "trauung", "beerdigung", "feier", "konzert", "flug"),
    "fr": ("mariage", "obsèques", "cérémonie", "réception", "fête", "concert", "vol"),
    "es": ("boda", "funeral", "ceremonia", "fiesta", "concierto", "vuelo"),
}
TODAY_WORDS = {
    "en": ("today", "tonight", "this morning", "this afternoon", "this evening"),
    "de": ("heute",),
    "fr": ("aujourd'hui", "ce matin", "cet après-midi", "ce soir"),
    "es": ("hoy", "esta mañana", "esta tarde", "esta noche"),
}


def _signals(language: str) -> tuple[Signal, ...]:
    event, today = EVENT_WORDS[language], TODAY_WORDS[language]
    paid, complaint = PAID_WORDS[language], COMPLAINT_WORDS[language]
    return (
        Signal(name="event", bucket=Bucket.NOW, reason="an event that day", words=event, with_words=today),
        Signal(name="paid", bucket=Bucket.TODAY, reason="paid and waiting", words=paid),
        Signal(name="complaint", bucket=Bucket.TODAY, reason="a complaint", words=complaint),
    )


LANGUAGES = tuple(URGENT_WORDS)
SIGNALS = tuple(signal for language in LANGUAGES for signal in _signals(language))


def _every(words: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for language in words.values() for word in language))


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `[rules]` section of the settings. Words of every language apply: a transcript does not say which it is in.

    Names and groups are compared without regard to case. `minutes` is what a call of each kind takes, rounded up to 5.
    `same_day_calls` on one day raise a caller one bucket; `burst_calls` within `burst_hours` make it now.
    A `now` is due `now_hours` working hours after the call that made it so, `few_days` at the end of the
    `few_days_days`-th working day after the call. Every `overdue_days` working days past due raise a caller one bucket,
    up to today: age alone never interrupts. Two rings within `same_ring_seconds` are one (a missed call and its
    voicemail).
    """

    default: Bucket = Bucket.TOMORROW
    vip_numbers: tuple[E164, ...] = ()
    vip_names: tuple[str, ...] = ()
    vip_groups: tuple[str, ...] = ("vip",)
    never_numbers: tuple[E164, ...] = ()
    urgent_words: tuple[str, ...] = _every(URGENT_WORDS)
    low_words: tuple[str, ...] = _every(LOW_WORDS)
    signals: tuple[Signal, ...] = SIGNALS
    same_day_calls: int = 2
    burst_calls: int = 3
    burst_hours: int = 3
    now_hours: int = 1
    few_days_days: int = 3
    overdue_days: int = 2
    same_ring_seconds: int = 120
    default_minutes: int = 10
    minutes: dict[Kind, int] = msgspec.field(
        default_factory=lambda: {Kind.MISSED_CALL: 10, Kind.VOICEMAIL: 10, Kind.CALLBACK_REQUEST: 15}
    )


class WorkingTime(msgspec.Struct, frozen=True, kw_only=True):
    """When the user works: `hours` maps mon..sun to wall-clock ("HH:MM", "HH:MM") in `zone`; days left out are free."""

    zone: str
    hours: dict[str, tuple[str, str]]
    holidays: tuple[date, ...] = ()


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What triage may know of one open callback.

    `calls` are all of its calls. `groups` are the caller's address-book categories. `missed_promises` are the times
    told to the caller that passed without a call, `attempts` when the user tried. `earlier_outcomes` are how closed
    callbacks of this caller ended. `override` is the bucket the user chose, None when he did not. `requested` is the
    newest wish of the caller's, None when there is none.
    """

    calls: tuple[Call, ...]
    waiting_since: datetime
    caller_name: str | None = None
    numbers: tuple[E164, ...] = ()
    groups: tuple[str, ...] = ()
    is_known_contact: bool = False
    missed_promises: tuple[datetime, ...] = ()
    attempts: tuple[datetime, ...] = ()
    earlier_outcomes: tuple[str, ...] = ()
    override: Bucket | None = None
    requested: Window | None = None


class Rank(msgspec.Struct, frozen=True, kw_only=True):
    """How soon a caller is to be called, and why.

    `due` is aware. `minutes` is a multiple of 5. `score` orders callers, the highest first; it grows with every moment
    of waiting. `reasons` are plain sentences, the decisive one first.
    """

    bucket: Bucket
    due: datetime
    minutes: int
    reasons: tuple[str, ...]
    score: float

"""Other numbers, hurry and no call back, in nine languages; numbers in figures and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant.model.call import E164, Reader, Urgency
from assistant.recognise import spoken, wishes
from assistant.recognise.formats import Formats, load

if TYPE_CHECKING:
    from assistant.recognise.formats import Language

WORDS = load()

NUMBERS: tuple[tuple[str, str | None, str, str | None], ...] = (
    (
        "GB",
        None,
        "ring me on my mobile it's oh seven seven double oh nine hundred one four two thank you",
        "+447700900142",
    ),
    (
        "GB",
        "+442079460123",
        "please ring me on my mobile not the shop phone it's oh seven seven double oh nine hundred one four two",
        "+447700900142",
    ),
    (
        "US",
        "+12125550184",
        "Please call my cell instead of this number, it is 917-555-0163. Again 917-555-0163. Thank you.",
        "+19175550163",
    ),
    ("US", "+14155550100", "Call me back at five five five, oh one two three", "+14155550123"),
    ("US", "+14155550100", "my cell is nine one seven... five five five... oh one six three, thanks", "+19175550163"),
    ("US", "+14155550100", "call the office on 212 555 0142 extension 12", "+12125550142"),
    ("US", "+14155550100", "again, that's 555-0142", "+14155550142"),
    ("US", "+14155550100", "same number but ending in 77", "+14155550177"),
    ("US", "+14155550100", "call me on the same number ending in seven seven", "+14155550177"),
    ("US", "+14155550100", "my account number is 4085550123, call me back", None),
    ("US", "+14155550100", "about order 4155550123, please call me", None),
    ("US", "+14155550100", "call me back at 415 555 0100", None),
    ("US", "+14155550100", "please dial extension 12", None),
    ("US", None, "my number is 408 555 0123", "+14085550123"),
    ("US", None, "This is Tom, 408-555-0123, thanks", "+14085550123"),
    ("US", "+14155550100", "call me at eight hundred five five five oh one nine nine", "+18005550199"),
    ("US", "+14155550100", "reach me at two one two five five five twenty-three forty-five", "+12125552345"),
    ("US", "+14155550100", "call me at 212-555-0142, sorry, 212-555-0143", "+12125550143"),
    ("DE", "+493012345678", "nicht auf dieser, sondern bitte auf dem Handy 0171 3920012", "+491713920012"),
    ("DE", "+493012345678", "unter null eins sieben eins, drei neun zwo null null eins zwo", "+491713920012"),
    ("DE", None, "meine Nummer ist null drei null, zwei drei eins, fünfundvierzig, siebenundsechzig", "+49302314567"),
    ("DE", "+493012345678", "meine Kundennummer ist 0171 3920012, bitte rufen Sie zurück", None),
    (
        "FR",
        "+33140000000",
        "rappelez-moi au zéro six, trente-neuf, quatre-vingt-dix-huit, douze, trente-quatre",
        "+33639981234",
    ),
    (
        "BE",
        "+3222000000",
        "rappelez-moi au zéro quatre septante-huit, nonante-deux, trente-quatre, cinquante-six",
        "+32478923456",
    ),
    (
        "CH",
        "+41220000000",
        "rappelez-moi au zéro septante-huit, huit cent douze, huitante-quatre, cinquante-six",
        "+41788128456",
    ),
    ("ES", "+34910000000", "llámeme al seis doce, treinta y cuatro, cincuenta y seis, setenta y ocho", "+34612345678"),
    (
        "ES",
        "+34910000000",
        "mi móvil es seiscientos doce, treinta y cuatro, cincuenta y seis, setenta y ocho",
        "+34612345678",
    ),
    (
        "IT",
        "+390612345678",
        "mi richiami al tre tre otto, ventuno, quarantacinque, sessantasette, otto",
        "+393382145678",
    ),
    ("PT", "+351210000000", "ligue-me para o nove um dois, três quatro cinco, meia sete oito", "+351912345678"),
    ("BR", "+551130000000", "me liga no onze, nove oito sete meia cinco, quatro três dois um", "+5511987654321"),
    ("NL", "+31201234567", "bel me op nul zes, twaalf, vierendertig, zesenvijftig, achtenzeventig", "+31612345678"),
    ("JP", "+81312345678", "携帯の090-1234-5678までお電話ください", "+819012345678"),
    ("JP", "+81312345678", "携帯は零九零の一二三四の五六七八です", "+819012345678"),
    (
        "JP",
        "+81312345678",
        "\uff10\uff19\uff10\uff0d\uff11\uff12\uff13\uff14\uff0d\uff15\uff16\uff17\uff18に折り返しお願いします",
        "+819012345678",
    ),
    ("JP", "+81312345678", "注文番号は09012345678です。折り返しお願いします", None),
    ("CN", "+861012345678", "请打我手机一三八零零一三八零零零", "+8613800138000"),
    ("CN", "+861012345678", "请打我的手机幺三八零零幺三八零零零", "+8613800138000"),
    ("CN", "+861012345678", "我的手机号码是13800138000,请回电", "+8613800138000"),
    ("GB", "+442079460123", "don't call me on 020 7946 0999, use my mobile 07700 900123", "+447700900123"),
    ("GB", "+442079460123", "I spoke to the bank, my policy number is 07700900123", None),
)
HURRY = (
    ("It is urgent, call me", Urgency.URGENT, True),
    ("this is an emergency", Urgency.URGENT, True),
    ("please call asap", Urgency.URGENT, True),
    ("not urgent at all", Urgency.NORMAL, True),
    ("it isn't an emergency", Urgency.NORMAL, True),
    ("no rush at all", Urgency.LOW, True),
    ("whenever you get a chance", Urgency.LOW, True),
    ("please call my direct line", Urgency.NORMAL, True),
    ("don't call me back", Urgency.LOW, False),
    ("you don't need to call back", Urgency.LOW, False),
    ("no reply needed", Urgency.LOW, False),
    ("your extended warranty, press one now", Urgency.LOW, False),
    ("Es ist dringend", Urgency.URGENT, True),
    ("so schnell wie möglich", Urgency.URGENT, True),
    ("nicht dringend", Urgency.NORMAL, True),
    ("eilt nicht", Urgency.LOW, True),
    ("keine Eile", Urgency.LOW, True),
    ("Sie müssen mich nicht zurückrufen", Urgency.LOW, False),
    ("Rückruf nicht nötig", Urgency.LOW, False),
    ("C'est urgent", Urgency.URGENT, True),
    ("dès que possible", Urgency.URGENT, True),
    ("pas urgent", Urgency.NORMAL, True),
    ("rien ne presse", Urgency.LOW, True),
    ("pas la peine de me rappeler", Urgency.LOW, False),
    ("Es urgente", Urgency.URGENT, True),
    ("lo antes posible", Urgency.URGENT, True),
    ("no es urgente", Urgency.NORMAL, True),
    ("no corre prisa", Urgency.LOW, True),
    ("no hace falta que me llame", Urgency.LOW, False),
    ("È urgente", Urgency.URGENT, True),
    ("il prima possibile", Urgency.URGENT, True),
    ("non è urgente", Urgency.NORMAL, True),
    ("senza fretta", Urgency.LOW, True),
    ("non serve richiamare", Urgency.LOW, False),
    ("É urgente", Urgency.URGENT, True),
    ("assim que puder", Urgency.URGENT, True),
    ("não é urgente", Urgency.NORMAL, True),
    ("sem pressa", Urgency.LOW, True),
    ("não precisa retornar", Urgency.LOW, False),
    ("Het is dringend", Urgency.URGENT, True),
    ("zo snel mogelijk", Urgency.URGENT, True),
    ("niet dringend", Urgency.NORMAL, True),
    ("geen haast", Urgency.LOW, True),
    ("U hoeft niet terug te bellen", Urgency.LOW, False),
    ("至急お電話ください", Urgency.URGENT, True),
    ("緊急です", Urgency.URGENT, True),
    ("緊急ではありません", Urgency.NORMAL, True),
    ("急ぎではありません", Urgency.LOW, True),
    ("折り返しは不要です", Urgency.LOW, False),
    ("请尽快回电", Urgency.URGENT, True),
    ("緊急", Urgency.URGENT, True),
    ("不是紧急的事", Urgency.NORMAL, True),
    ("不急", Urgency.LOW, True),
    ("不用回电", Urgency.LOW, False),
    ("無需回電", Urgency.LOW, False),
    ("", Urgency.NORMAL, True),
)


def _language(code: str) -> Language:
    return next(language for language in WORDS.languages if language.code == code)


@pytest.mark.parametrize(("region", "calling", "words", "number"), NUMBERS)
def test_the_number_to_call(region: str, calling: str | None, words: str, number: str | None) -> None:
    """A number asked for is found, in figures or words; one of an order, the calling one and a refused one are not."""
    reader = Reader(region=region, own_numbers=(E164("+442079460000"),))
    assert wishes.other_number(words, None if calling is None else E164(calling), reader, WORDS) == number


def test_the_readers_own_number_is_none() -> None:
    """A caller who repeats the number they dialled asks for no other."""
    reader = Reader(region="GB", own_numbers=(E164("+442079460000"),))
    assert wishes.other_number("I called you on 020 7946 0000, call me back", None, reader, WORDS) is None


@pytest.mark.parametrize(("words", "urgency", "wanted"), HURRY)
def test_hurry_and_no_call_back(words: str, urgency: Urgency, *, wanted: bool) -> None:
    """Hurry, its denial, "no rush" and the wish not to be called are told apart in each language."""
    assert wishes.urgency(words, WORDS) is urgency
    assert wishes.wants_callback(words, WORDS) is wanted


@pytest.mark.parametrize(
    ("code", "words", "figures"),
    [
        ("en", "it is five five five oh one two three, thanks", "it is 5550123, thanks"),
        ("en", "plus four four seven seven double oh nine hundred one two three", "+447700900123"),
        ("en", "area code 917, five five five, 0142", "area code 9175550142"),
        ("en", "at two or three", "at two or three"),
        ("fr", "soixante-dix-sept quatre-vingt-un vingt et un cent", "778121100"),
        ("de", "einundzwanzig achthundert drei vier sieben", "2180347"),
        ("it", "ventotto trentatré ottocento dodici", "2833812"),
        ("nl", "tweeëntwintig dubbel vier nul nul nul", "2244000"),
        ("pt", "vinte e dois, trinta e quatro, meia meia meia", "2234666"),
        ("ja", "〇三の一二三四の五六七八", "0312345678"),
        ("zh", "一三八零零幺三八零零零", "13800138000"),
    ],
)
def test_spoken_numbers_in_figures(code: str, words: str, figures: str) -> None:
    """A number of seven digits or more that is spoken is written in figures; a shorter one is left as it is."""
    assert spoken.in_figures(words, _language(code)) == figures


def test_plain_characters_keep_their_places() -> None:
    """Full-width figures and typographic marks become plain ones, one for one."""
    wide = "\uff13\uff1a\uff10\uff10\u3000\u2013 l\u2019apr\u00e8s\u2011midi"
    assert spoken.plain(wide) == "3:00 - l'apr\u00e8s-midi"


def test_without_languages_only_a_sole_number_is_known() -> None:
    """Where no language is known, an unknown caller's only number is theirs, and a known caller's is not asked for."""
    none = Formats(formats=(), languages=())
    reader = Reader(region="US")
    assert wishes.other_number("408-555-0123", None, reader, none) == "+14085550123"
    assert wishes.other_number("408-555-0123", E164("+14155550100"), reader, none) is None

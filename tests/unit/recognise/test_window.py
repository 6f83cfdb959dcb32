"""When callers want to be called, in nine languages: days, times of day, whose clock, and times that are not for it."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from assistant.recognise import window
from assistant.recognise.formats import Formats, load

if TYPE_CHECKING:
    from assistant.model.call import Window

WORDS = load()
LONDON = ZoneInfo("Europe/London")
CALLED = datetime(2026, 11, 10, 15, 20, 30, tzinfo=LONDON)  # a Tuesday


def _shown(moment: datetime | None) -> str | None:
    """Write an instant in minutes, so that the last second of a day is 23:59."""
    return None if moment is None else f"{moment:%m-%d %H:%M}"


def _read(words: str, called: datetime = CALLED, zone: str = "Europe/London", known: Formats = WORDS) -> Window | None:
    return window.read(words, called, zone, known)


ASKED: tuple[tuple[str, str | None, str | None], ...] = (
    ("Please call me between two and four on Thursday", "11-12 14:00", "11-12 16:00"),
    ("Call me after 3 tomorrow", "11-11 15:00", "11-11 23:59"),
    ("Ring me any time before noon", "11-11 00:00", "11-11 12:00"),
    ("Can you ring me at half four?", "11-10 16:30", "11-10 17:30"),
    ("Call me back at quarter past five", "11-10 17:15", "11-10 18:15"),
    ("call me on the 24th please", "11-24 00:00", "11-24 23:59"),
    ("please call me on 24 November after 2", "11-24 14:00", "11-24 23:59"),
    ("Call me back this week", "11-10 00:00", "11-13 23:59"),
    ("Give me a call by the end of the week", None, "11-13 23:59"),
    ("call me first thing tomorrow", "11-11 00:00", "11-11 10:00"),
    ("You can reach me at lunchtime", "11-11 12:00", "11-11 13:00"),
    ("Please call back later today", "11-10 15:20", "11-10 23:59"),
    ("call me after hours", "11-10 18:00", "11-10 23:59"),
    ("Call me next Tuesday", "11-17 00:00", "11-17 23:59"),
    ("Call me on weekdays after 5", "11-10 17:00", "11-10 23:59"),
    ("Any day but Friday works for me", "11-10 00:00", "11-10 23:59"),
    ("Call me within the next hour", "11-10 15:20", "11-10 16:20"),
    ("Please ring me in two hours", "11-10 17:20", "11-10 18:20"),
    ("Call me before noon Pacific", None, "11-10 20:00"),
    ("call me tomorrow at 3 pm Eastern", "11-11 20:00", "11-11 21:00"),
    ("Call me after 9 tomorrow my time, I'm in Denver.", "11-11 16:00", "11-12 06:59"),
    ("the meeting is at 3 so call before that", "11-11 00:00", "11-11 15:00"),
    ("I'll be gone until Friday", "11-13 00:00", None),
    ("Please call me, not before 3", "11-10 15:00", "11-10 23:59"),
    ("Call me not after 5 please", None, "11-10 17:00"),
    ("Don't call before 10", "11-10 10:00", "11-10 23:59"),
    ("you can reach me until six", None, "11-10 18:00"),
    (
        "Can you give me a quick call this afternoon between two and four about the mediation date?",
        "11-10 14:00",
        "11-10 16:00",
    ),
    ("Any time Thursday is fine.", "11-12 00:00", "11-12 23:59"),
    ("you can call me tomorrow after 3 I'm out until then thanks bye", "11-11 15:00", "11-11 23:59"),
    (
        "Could you ring me back on Thursday before noon please, I'm in the workshop after that.",
        "11-12 00:00",
        "11-12 12:00",
    ),
    ("call me back on 0170 1234567 tomorrow between 10 and 11:30", "11-11 10:00", "11-11 11:30"),
    ("Call me at nine thirty", "11-11 09:30", "11-11 10:30"),
    ("Call me Thursday 2-4pm", "11-12 14:00", "11-12 16:00"),
    ("Call me Monday or Tuesday", "11-16 00:00", "11-17 23:59"),
    ("call me Monday to Thursday after 5", "11-10 17:00", "11-10 23:59"),
    ("Please call me on 11/24", "11-24 00:00", "11-24 23:59"),
    ("I'm free between 9 and 11 tomorrow morning, otherwise call my assistant.", "11-11 09:00", "11-11 11:00"),
    ("You can get me any time before 4 pm today.", None, "11-10 16:00"),
    ("I'll be in the office until 5:30.", None, "11-10 17:30"),
    ("I'm on a plane until 6 tonight.", "11-10 18:00", "11-10 23:59"),
    ("I have a meeting at 3, so please call me before then.", "11-11 00:00", "11-11 15:00"),
    ("Please call me back. Tomorrow after three works.", "11-11 15:00", "11-11 23:59"),
    ("Please call me back at your earliest convenience, I'm usually around after 5pm.", "11-10 17:00", "11-10 23:59"),
    ("Best time to reach me is between 8:30 and 10 in the morning.", "11-11 08:30", "11-11 10:00"),
    ("Call me Friday afternoon.", "11-13 12:00", "11-13 18:00"),
    ("Could you call me on Monday the 16th at 10am?", "11-16 10:00", "11-16 11:00"),
    ("Please give me a call on December 3rd.", "12-03 00:00", "12-03 23:59"),
    ("I'd appreciate a call back by noon tomorrow.", "11-11 00:00", "11-11 12:00"),
    ("Call me anytime after 10 am Eastern time.", "11-10 15:00", "11-11 04:59"),
    ("Please call me back before 5 Central.", None, "11-10 23:00"),
    ("I'm in London, so call me before 5 my time.", None, "11-10 17:00"),
    ("ring me tomorrow at half past nine", "11-11 09:30", "11-11 10:30"),
    ("Ring me at ten to four", "11-10 15:50", "11-10 16:50"),
    ("give us a bell tonight after eight", "11-10 20:00", "11-10 23:59"),
    ("My flight leaves at 7, call me before that.", None, "11-10 19:00"),
    ("I'm leaving at 5 so call me before then", None, "11-10 17:00"),
    ("Call me back on my cell after 4.", "11-10 16:00", "11-10 23:59"),
    ("I tried you at 9 this morning. Call me back this afternoon.", "11-10 12:00", "11-10 18:00"),
    ("can you call me sometime next week", "11-16 00:00", "11-20 23:59"),
    ("please call between 12 and 1", "11-11 12:00", "11-11 13:00"),
    ("Call me any weekday except Wednesday", "11-10 00:00", "11-10 23:59"),
    ("not tomorrow, but Thursday works. Please call me.", "11-12 00:00", "11-12 23:59"),
    ("I'm not available on Friday. Call me Monday.", "11-16 00:00", "11-16 23:59"),
    ("Please call after the 24th.", "11-25 00:00", None),
    ("Please call me from Monday to Wednesday between 9 and 5", "11-10 09:00", "11-10 17:00"),
    ("I'm away until the 24th", "11-24 00:00", None),
    ("If you could call me back today that would be great.", "11-10 00:00", "11-10 23:59"),
    ("call me back today or tomorrow", "11-10 00:00", "11-11 23:59"),
    ("Please call me back at 3 o'clock.", "11-10 15:00", "11-10 16:00"),
    ("Please call me back at 15:00.", "11-10 15:00", "11-10 16:00"),
    ("call me in 20 minutes", "11-10 15:40", "11-10 16:40"),
    ("Please call us before Friday to confirm your appointment at two.", None, "11-12 23:59"),
    ("call back after business hours please", "11-10 18:00", "11-10 23:59"),
    ("Please call me late this afternoon.", "11-10 12:00", "11-10 18:00"),
    ("Call me Thursday or Friday morning", "11-12 00:00", "11-12 12:00"),
    ("please call me after lunch", "11-10 13:00", "11-10 23:59"),
    ("Please return my call by close of business.", None, "11-10 17:00"),
    ("Time to call: 2pm - 4pm", "11-10 14:00", "11-10 16:00"),
    ("Rufen Sie mich bitte morgen Vormittag zurück, ab zwölf bin ich im Termin.", "11-11 00:00", "11-11 12:00"),
    ("Bitte um Rückruf heute Nachmittag nach 14 Uhr", "11-10 14:00", "11-10 18:00"),
    (
        "Rufen Sie mich bitte am Donnerstag zwischen 9 und 11 Uhr unter 0171 3920099 zurück.",
        "11-12 09:00",
        "11-12 11:00",
    ),
    ("Rufen Sie mich um halb vier an", "11-10 15:30", "11-10 16:30"),
    ("Rufen Sie mich morgen um Viertel nach drei zurück", "11-11 15:15", "11-11 16:15"),
    ("Bitte rufen Sie am 24. zurück", "11-24 00:00", "11-24 23:59"),
    ("Bitte rufen Sie mich am 24. November ab 15 Uhr zurück", "11-24 15:00", "11-24 23:59"),
    ("Ich bin bis 18 Uhr erreichbar", None, "11-10 18:00"),
    ("Ich bin erst ab Montag wieder erreichbar.", "11-16 00:00", None),
    ("Bitte rufen Sie mich nicht vor 10 Uhr an", "11-10 10:00", "11-10 23:59"),
    ("Ich bin bis Freitag im Urlaub.", "11-13 00:00", None),
    ("Bitte rufen Sie mich in zwei Stunden zurück", "11-10 17:20", "11-10 18:20"),
    ("Rufen Sie mich um 15 Uhr Londoner Zeit an", "11-10 15:00", "11-10 16:00"),
    ("Der Termin ist um 15 Uhr, rufen Sie mich bitte vorher an.", "11-11 00:00", "11-11 15:00"),
    ("Rufen Sie mich am besten werktags nach 17 Uhr an", "11-10 17:00", "11-10 23:59"),
    ("Am besten erreichen Sie mich morgen früh zwischen halb neun und zehn.", "11-11 08:30", "11-11 10:00"),
    ("Melden Sie sich bitte bis Mittwoch bei mir.", None, "11-11 23:59"),
    ("Rufen Sie mich am Donnerstagnachmittag an", "11-12 12:00", "11-12 18:00"),
    ("Bitte am Mittwochvormittag zurückrufen", "11-11 00:00", "11-11 12:00"),
    ("Ich bin heute nur noch bis 17 Uhr im Büro, bitte rufen Sie mich vorher an.", None, "11-10 17:00"),
    ("Rückruf bitte zwischen 8 und 10 Uhr.", "11-11 08:00", "11-11 10:00"),
    ("Bitte rufen Sie mich ab 14 Uhr auf dem Handy an.", "11-10 14:00", "11-10 23:59"),
    ("Sie erreichen mich täglich von 9 bis 12 Uhr.", "11-11 09:00", "11-11 12:00"),
    ("Ich bin ab Donnerstag wieder im Büro.", "11-12 00:00", None),
    ("Rufen Sie mich gern heute Abend nach 19 Uhr an.", "11-10 19:00", "11-10 23:59"),
    ("Bitte um Rückruf bis spätestens 16 Uhr.", None, "11-10 16:00"),
    ("Rufen Sie mich nächste Woche an.", "11-16 00:00", "11-20 23:59"),
    ("Rufen Sie mich nächsten Freitag um 11 an.", "11-13 11:00", "11-13 12:00"),
    ("Kannst du mich am 3.12. anrufen?", "12-03 00:00", "12-03 23:59"),
    ("Rappelez-moi demain entre 14 et 16 heures s'il vous plaît", "11-11 14:00", "11-11 16:00"),
    ("Pouvez-vous me rappeler demain après-midi ?", "11-11 12:00", "11-11 18:00"),
    ("Merci de me rappeler après 15h30", "11-10 15:30", "11-10 23:59"),
    ("Rappelez-moi le 24 novembre avant midi", "11-24 00:00", "11-24 12:00"),
    ("Je suis joignable jusqu'à 18 heures", None, "11-10 18:00"),
    ("Je suis en réunion jusqu'à 16h", "11-10 16:00", "11-10 23:59"),
    ("Ne m'appelez pas avant 10 heures", "11-10 10:00", "11-10 23:59"),
    ("Vous pouvez me joindre jeudi à trois heures et demie", "11-12 15:30", "11-12 16:30"),
    ("Rappelez-moi mardi prochain, le matin", "11-17 00:00", "11-17 12:00"),
    ("Rappelez-moi dans deux heures", "11-10 17:20", "11-10 18:20"),
    ("rappelez-moi à 15h heure de Londres", "11-10 15:00", "11-10 16:00"),
    ("La réunion est à 17h, rappelez-moi avant.", None, "11-10 17:00"),
    ("Vous pouvez me rappeler entre midi et deux.", "11-11 12:00", "11-11 14:00"),
    ("Je suis disponible demain toute la matinée.", "11-11 00:00", "11-11 12:00"),
    ("Rappelez-moi avant jeudi.", None, "11-11 23:59"),
    ("Je pars à 17h, rappelez-moi avant.", None, "11-10 17:00"),
    ("Rappelez-moi lundi ou mardi matin.", "11-16 00:00", "11-16 12:00"),
    ("Je suis joignable du lundi au vendredi de 9h à 17h", "11-10 09:00", "11-10 17:00"),
    ("Merci de me rappeler dès demain matin 9h.", "11-11 09:00", "11-11 12:00"),
    ("Llámeme mañana por la mañana", "11-11 00:00", "11-11 12:00"),
    ("Por favor llámeme mañana entre las dos y las cuatro de la tarde", "11-11 14:00", "11-11 16:00"),
    ("Puede llamarme después de las 5", "11-10 17:00", "11-10 23:59"),
    ("Llámame el jueves a las tres y media", "11-12 15:30", "11-12 16:30"),
    ("Estoy disponible hasta las seis", None, "11-10 18:00"),
    ("Estaré fuera hasta el viernes", "11-13 00:00", None),
    ("No me llame antes de las 10", "11-10 10:00", "11-10 23:59"),
    ("Llámeme el 24 de noviembre a partir de las 16:00", "11-24 16:00", "11-24 23:59"),
    ("Devuélvame la llamada pasado mañana antes del mediodía", "11-12 00:00", "11-12 12:00"),
    ("Llámeme la semana que viene", "11-16 00:00", "11-20 23:59"),
    ("No estaré disponible hasta el lunes.", "11-16 00:00", None),
    ("Llámeme antes de las 8 de la noche.", None, "11-10 20:00"),
    ("Puede llamarme de lunes a viernes de 9 a 14 horas.", "11-10 09:00", "11-10 14:00"),
    ("Mi richiami domani tra le 14 e le 16 per favore", "11-11 14:00", "11-11 16:00"),
    ("Può richiamarmi domani pomeriggio?", "11-11 12:00", "11-11 18:00"),
    ("Richiamami dopo le tre e mezza", "11-10 15:30", "11-10 23:59"),
    ("Sono disponibile fino alle 18", None, "11-10 18:00"),
    ("Sono in riunione fino alle 15, grazie", "11-10 15:00", "11-10 23:59"),
    ("Chiamami giovedì mattina", "11-12 00:00", "11-12 12:00"),
    ("Non mi chiami prima delle 10", "11-10 10:00", "11-10 23:59"),
    ("Mi richiami il 24 novembre dalle 9 alle 11", "11-24 09:00", "11-24 11:00"),
    ("Mi chiami tra mezzogiorno e le due.", "11-11 12:00", "11-11 14:00"),
    ("Ligue-me amanhã entre as duas e as quatro da tarde, por favor", "11-11 14:00", "11-11 16:00"),
    ("Pode me ligar amanhã à tarde?", "11-11 12:00", "11-11 18:00"),
    ("Me liga depois das 15h30", "11-10 15:30", "11-10 23:59"),
    ("Estou disponível até às 18 horas", None, "11-10 18:00"),
    ("Estou em reunião até às 16h", "11-10 16:00", "11-10 23:59"),
    ("Ligue-me na quinta-feira às três e meia", "11-12 15:30", "11-12 16:30"),
    ("Não me ligue antes das 10", "11-10 10:00", "11-10 23:59"),
    ("Ligue-me no dia 24 de novembro a partir das 9", "11-24 09:00", "11-24 23:59"),
    ("Por favor me ligue na próxima semana", "11-16 00:00", "11-20 23:59"),
    ("Me ligue hoje até as 17h.", None, "11-10 17:00"),
    ("Kunt u mij morgen tussen 14 en 16 uur terugbellen?", "11-11 14:00", "11-11 16:00"),
    ("Bel me morgenmiddag terug", "11-11 12:00", "11-11 18:00"),
    ("Bel mij om half vier", "11-10 15:30", "11-10 16:30"),
    ("Bel me donderdag na kwart over drie", "11-12 15:15", "11-12 23:59"),
    ("Ik ben bereikbaar tot 18 uur", None, "11-10 18:00"),
    ("Ik ben op vakantie tot vrijdag", "11-13 00:00", None),
    ("Bel me niet voor 10 uur", "11-10 10:00", "11-10 23:59"),
    ("Wilt u mij op 24 november vanaf 9 uur bellen", "11-24 09:00", "11-24 23:59"),
    ("Bel me volgende week terug", "11-16 00:00", "11-20 23:59"),
    ("Bel mij over twee uur", "11-10 17:20", "11-10 18:20"),
    ("Bel mij morgen voor 12 uur terug.", "11-11 00:00", "11-11 12:00"),
    ("Bel me op 3 december tussen kwart voor negen en half elf.", "12-03 08:45", "12-03 10:30"),
    ("明日の午後3時以降にお電話ください", "11-11 15:00", "11-11 18:00"),
    ("明日の午後\uff13時以降に折り返しお願いします。", "11-11 15:00", "11-11 18:00"),
    ("11月24日の10時から12時の間にお電話ください", "11-24 10:00", "11-24 12:00"),
    ("木曜日の午前中にお電話いただけますか", "11-12 00:00", "11-12 12:00"),
    ("18時まで在席しております。", None, "11-10 18:00"),
    ("今日は3時まで会議中です。", "11-10 15:00", "11-10 23:59"),
    ("本日15時30分以降にご連絡ください", "11-10 15:30", "11-10 23:59"),
    ("明日3時に会議がありますので、その前にお電話ください", "11-11 00:00", "11-11 15:00"),
    ("来週の火曜日に折り返しお電話ください", "11-17 00:00", "11-17 23:59"),
    ("\uff12時間後に電話してください", "11-10 17:20", "11-10 18:20"),
    ("午後2時から4時までにお電話ください", "11-10 14:00", "11-10 16:00"),
    ("10時前には電話しないでください", "11-10 10:00", "11-10 23:59"),
    ("平日の17時以降にお願いします。お電話ください。", "11-10 17:00", "11-10 23:59"),
    ("本日17時までにお電話ください。", None, "11-10 17:00"),
    ("明日の10時半頃にお電話いただけますか。", "11-11 10:30", "11-11 11:30"),
    ("午後は外出しておりますので、午前中にお電話ください。", "11-11 00:00", "11-11 12:00"),
    ("来週月曜日以降に折り返しお願いします。", "11-16 00:00", None),
    ("今週中にご連絡ください。", "11-10 00:00", "11-13 23:59"),
    ("正午までにお電話ください", "11-11 00:00", "11-11 12:00"),
    ("请明天下午三点以后给我回电话", "11-11 15:00", "11-11 18:00"),
    ("請明天下午3點以後回電", "11-11 15:00", "11-11 18:00"),
    ("请在周四上午给我打电话", "11-12 00:00", "11-12 12:00"),
    ("11月24日下午2点到4点之间请回电", "11-24 14:00", "11-24 16:00"),
    ("我下午六点前都有空", "11-10 12:00", "11-10 18:00"),
    ("会议是三点,请在那之前给我打电话", "11-11 00:00", "11-11 15:00"),
    ("我在开会,三点以后才有空,请回电", "11-10 15:00", "11-10 23:59"),
    ("请下周二给我回电话", "11-17 00:00", "11-17 23:59"),
    ("两个小时后给我回电话", "11-10 17:20", "11-10 18:20"),
    ("请不要在十点前给我打电话", "11-10 10:00", "11-10 23:59"),
    ("中午之前请回电", "11-11 00:00", "11-11 12:00"),
    ("请在今天下午五点之前给我回电话", "11-10 12:00", "11-10 17:00"),
    ("我明天上午九点到十一点有空,请给我打电话", "11-11 09:00", "11-11 11:00"),
    ("晚上八点以后给我打电话", "11-10 20:00", "11-10 23:59"),
)
NOT_FOR_THE_CALL = (
    "The wedding is today at two, urgent, call me",
    "I called you at 3. Please call me back.",
    "Your appointment is tomorrow at ten. Please call us back.",
    "We close at six.",
    "Call me at five five five oh one two three four",
    "call me at 917-555-0163",
    "Returning your call from this morning, call me.",
    "We met on Tuesday. Please call.",
    "The appointment is on Thursday at 2. Please call me to confirm.",
    "I will call you tomorrow at 3.",
    "I'll try you again tomorrow morning. No need to call back.",
    "We're open from 9 to 5. Please call us back.",
    "It's about your appointment on Friday at ten. Please call us back.",
    "I need to talk to you before the hearing tomorrow at nine.",
    "Die Hochzeit ist heute um zwei, bitte rufen Sie mich zurück",
    "Ich habe Sie um drei angerufen.",
    "Ich melde mich morgen um 10 Uhr noch einmal.",
    "Ihr Termin ist morgen um zehn. Bitte rufen Sie uns zurück.",
    "Wegen des Termins am Freitag bitte ich um Rückruf.",
    "Le mariage est aujourd'hui à deux heures, c'est urgent, rappelez-moi",
    "Je vous ai appelé à 15 heures, merci de me rappeler",
    "Votre rendez-vous est demain à dix heures. Rappelez-nous.",
    "Je vous rappelle demain à 10 heures.",
    "La boda es hoy a las dos, llámeme",
    "Le llamé a las tres. Llámeme por favor.",
    "Su cita es mañana a las diez. Llámenos.",
    "Le llamaré mañana a las 10.",
    "Il matrimonio è oggi alle due, mi richiami",
    "Ti ho chiamato alle tre",
    "Il suo appuntamento è domani alle dieci. Ci richiami.",
    "O casamento é hoje às duas, ligue-me",
    "Liguei para você às três.",
    "Ligo amanhã às 10 horas.",
    "A sua consulta é amanhã às dez. Ligue-nos.",
    "De bruiloft is vandaag om twee uur, bel me terug",
    "Ik heb u om drie uur gebeld",
    "Uw afspraak is morgen om tien uur. Bel ons terug.",
    "Ik bel u morgen om tien uur.",
    "3時にお電話しました。",
    "ご予約は明日の10時です。折り返しお電話ください。",
    "今天三点给您打过电话",
    "婚礼是今天两点,请回电",
    "您的预约是明天十点。请回电。",
    "",
    "call me when you can",
    "Thursday",
    "3",
    "call me at 99:99",
    "call me in room 12",
    "|||||||",
)


@pytest.mark.parametrize(("words", "start", "end"), ASKED)
def test_times_to_call(words: str, start: str | None, end: str | None) -> None:
    """A time said with a wish to be called, or as one of absence, bounds when to call."""
    found = _read(words)
    assert found is not None
    assert (_shown(found.not_before), _shown(found.not_after)) == (start, end)
    assert found.text


@pytest.mark.parametrize("words", NOT_FOR_THE_CALL)
def test_times_that_are_not_for_the_call(words: str) -> None:
    """A time of a meeting, of an opening, of a past call or of the caller's own next call is no window."""
    assert _read(words) is None


@pytest.mark.parametrize(
    ("words", "zone", "start", "end"),
    [
        ("call me tomorrow at 3 pm Eastern", "America/Los_Angeles", "11-11 12:00", "11-11 13:00"),
        ("call me tomorrow at 3 pm PST", "Europe/Berlin", "11-12 00:00", "11-12 01:00"),
        ("call me before noon Pacific", "America/New_York", None, "11-10 15:00"),
        ("call me tomorrow after 9 my time, I'm in Denver", "America/New_York", "11-11 11:00", "11-12 01:59"),
        ("call me tomorrow at 4 pm London time", "America/New_York", "11-11 11:00", "11-11 12:00"),
        ("Rufen Sie mich morgen um 15 Uhr Londoner Zeit an", "Europe/Berlin", "11-11 16:00", "11-11 17:00"),
        ("rappelez-moi demain \u00e0 15h heure de Tokyo", "Europe/Paris", "11-12 07:00", "11-12 08:00"),
        ("ll\u00e1meme ma\u00f1ana a las 15:00 hora de Madrid", "America/Mexico_City", "11-11 08:00", "11-11 09:00"),
        (
            "\u660e\u65e5\u306e15\u6642\u65e5\u672c\u6642\u9593\u306b\u304a\u96fb\u8a71\u304f\u3060\u3055\u3044",
            "Asia/Tokyo",
            "11-12 15:00",
            "11-12 16:00",
        ),
        ("call me tomorrow after 9 in the morning", "America/New_York", "11-11 09:00", "11-11 12:00"),
    ],
)
def test_whose_clock(words: str, zone: str, start: str | None, end: str) -> None:
    """A zone or a place named with the time says whose clock it is on; else it is the reader's."""
    found = _read(words, zone=zone)
    assert found is not None
    assert (_shown(found.not_before), _shown(found.not_after)) == (start, end)


@pytest.mark.parametrize(
    ("called", "words", "start"),
    [
        ("2026-10-31T15:00:00-04:00", "call me tomorrow at 3", "2026-11-01T15:00:00-05:00"),
        ("2026-03-07T15:00:00-05:00", "call me tomorrow at 9", "2026-03-08T09:00:00-04:00"),
        ("2026-11-01T00:30:00-04:00", "call me in two hours", "2026-11-01T01:30:00-05:00"),
    ],
)
def test_across_a_clock_change(called: str, words: str, start: str) -> None:
    """A time of day is one on the wall clock of its day; a number of hours is elapsed time."""
    found = _read(words, datetime.fromisoformat(called), "America/New_York")
    assert found is not None
    assert found.not_before is not None
    assert found.not_before.timestamp() == datetime.fromisoformat(start).timestamp()


def test_a_time_that_is_over_is_of_the_next_day() -> None:
    """A time of day without a day is of the next day once it has passed today, but not where "today" is said."""
    late = CALLED.replace(hour=20)
    found = _read("call me after lunch, before 5", late)
    assert found is not None
    assert _shown(found.not_after) == "11-11 17:00"
    assert _read("call me this morning", late) is not None
    today = _read("call me today before 5", late)
    assert today is not None
    assert _shown(today.not_after) == "11-10 17:00"


def test_figures_of_dates_follow_the_reader() -> None:
    """A date in figures that could be either is read as is the custom where the reader lives."""
    british, american = _read("call me on 4/12"), _read("call me on 4/12", zone="America/New_York")
    assert british is not None
    assert _shown(british.not_before) == "12-04 00:00"
    assert american is not None
    assert _shown(american.not_before) == "04-12 00:00"


def test_words_are_given_as_said() -> None:
    """The window's text is the caller's own, full-width figures and all."""
    found = _read(
        "\u660e\u65e5\u306e\u5348\u5f8c\uff13\u6642\u4ee5\u964d\u306b\u304a\u96fb\u8a71\u304f\u3060\u3055\u3044"
    )
    assert found is not None
    assert found.text.startswith("\u660e\u65e5\u306e\u5348\u5f8c\uff13\u6642\u4ee5\u964d")


def test_without_languages_nothing_is_read() -> None:
    """Where no language is known, no time is read."""
    assert _read("call me tomorrow", known=Formats(formats=(), languages=())) is None


@pytest.mark.parametrize(
    "unit", ["call me after ", "one ", "1 ", "  ", "- ", "\u4e00", "\u8bf7", "9:", "call me, ", "(", "3 or "]
)
def test_time_grows_no_faster_than_the_words(unit: str) -> None:
    """A megabyte of the worst words is read as far as anyone speaks, and quickly."""
    start = time.process_time()
    _read(unit * (1_000_000 // len(unit)))
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("words", "zone"),
    [
        ("Call me before noon Pacific", "America/Los_Angeles"),
        ("Please call me on Monday, I'm in from 9 to 5 Pacific. It is about the lease.", "America/Los_Angeles"),
        ("call me on Monday, office hours are 9 am to 5 pm CET", "+01:00"),
        ("call me on Monday, 9:30 Eastern time works", "America/New_York"),
        ("Call me back Monday, 10 am PST", "-08:00"),
        ("Call me after 9 tomorrow my time, I'm in Denver.", "America/Denver"),
        ("call me on Monday about the flat at 5 Central Park", None),
        ("call me on Monday, it is 2026 BST-free", None),
        ("call me tomorrow after 3", None),
    ],
)
def test_the_zone_that_a_caller_names_is_kept(words: str, zone: str | None) -> None:
    """With the wish stands whose clock it is on, or on which the caller says to be in; none where none is named."""
    found = _read(words)
    assert found is not None
    assert found.zone == zone

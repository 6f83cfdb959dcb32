"""Mails that people type: notes of calls, requests for one, forms, forwards, and what is none of these."""

from __future__ import annotations

import email.header
from zoneinfo import ZoneInfo

import pytest

from assistant import recognise
from assistant.model.call import Call, Kind, Reader, Recognition, Urgency
from assistant.recognise import letters, people
from assistant.recognise.formats import load
from assistant.standards import mail as codec
from tests.unit.recognise.samples import mail

WORDS = load()
COLLEAGUE = "Rob Teller <rob@office.example>"
CLIENT = "Ann Byrne <ann@client.example>"
ZONES = {
    "US": "America/New_York",
    "GB": "Europe/London",
    "DE": "Europe/Berlin",
    "FR": "Europe/Paris",
    "ES": "Europe/Madrid",
    "IT": "Europe/Rome",
    "PT": "Europe/Lisbon",
    "NL": "Europe/Amsterdam",
    "JP": "Asia/Tokyo",
    "CN": "Asia/Shanghai",
}


def _read(region: str, subject: str, body: str, sender: str = COLLEAGUE, head: str = "") -> Recognition:
    reader = Reader(region=region, zone=ZONES[region], addresses=("dana@office.example",))
    encoded = subject if subject.isascii() else email.header.Header(subject, "utf-8", maxlinelen=900).encode()
    return recognise.recognise(mail(encoded, body, sender=sender, head=head), reader)


def _one(found: Recognition) -> Call:
    assert len(found.calls) == 1, found
    return found.calls[0]


NOTES = [
    ("US", "call", "Bob at Acme rang, would like a ring back before 5 - 212-555-0142", "Bob", "+12125550142"),
    ("US", "msg", "msg from Ms Ito re invoice, ph 212 555 0143", "Ms Ito", "+12125550143"),
    (
        "US",
        "Jim Hale",
        "Dana,\n\nCalled at 3:10 about the lease. 212-555-0144. Please call back.\n\nRob",
        "Jim Hale",
        "+12125550144",
    ),
    ("GB", "Tel msg: Priya Nair 020 7946 0123 ring back please", "", "Priya Nair", "+442079460123"),
    (
        "GB",
        "Calls today",
        (
            "Hi Dana\n\n1. Jo Marsh, 020 7946 0111, urgent\n"
            "2. Mr Quill (Quill & Co) 020 7946 0112 - will call again\n3. Sue 020 7946 0113 pls ring after 2\n\n"
            "Rob\n020 7946 0000"
        ),
        "Jo Marsh",
        "+442079460111",
    ),
    (
        "GB",
        "two calls",
        (
            "Jo Marsh rang at 9.15, 020 7946 0111, wants a call back.\n\n"
            "Peter Quill phoned about the van. His number is 020 7946 0112.\n\nRob"
        ),
        "Jo Marsh",
        "+442079460111",
    ),
    (
        "DE",
        "Anruf",
        (
            "Hallo Dana,\n\nHerr Dr. Wiesner hat gegen 11:05 angerufen, bitte zurückrufen: 030 23125 411.\n\nGruß\n"
            "Rob\nTel. 030 23125 100"
        ),
        "Herr Dr. Wiesner",
        "+493023125411",
    ),
    (
        "DE",
        "Telefonnotiz",
        "Frau Klein (Fa. Sonnig) bittet um Rückruf unter 030 23125 412, heute bis 16 Uhr.",
        "Frau Klein",
        "+493023125412",
    ),
    (
        "FR",
        "Message",
        "Mme Petit a téléphoné à 10h15, elle souhaite être rappelée au 01 99 00 11 22.\nRob",
        "Mme Petit",
        "+33199001122",
    ),
    (
        "FR",
        "appel de M. Roux",
        "M. Roux a appelé, merci de le rappeler au 01 99 00 11 23 avant midi\n\nBonne journée",
        "M. Roux",
        "+33199001123",
    ),
    (
        "ES",
        "Recado",
        "Ha llamado Marta Ruiz a las 10:20, que la llames al 910 000 013 por favor.",
        "Marta Ruiz",
        "+34910000013",
    ),
    (
        "IT",
        "telefonata",
        "Ha chiamato il sig. Conti alle 10:30, chiede di essere richiamato al 06 8900 4411.",
        "sig. Conti",
        "+390689004411",
    ),
    ("PT", "recado", "Ligou a Sra. Costa às 10h20, 210 000 145. Pede que lhe ligues.", "Sra. Costa", "+351210000145"),
    (
        "NL",
        "telefoontje",
        "Mevrouw Bakker heeft gebeld om 11.20, graag terugbellen op 020 555 0187.",
        "Mevrouw Bakker",
        "+31205550187",
    ),
    (
        "JP",
        "電話メモ",
        "大和田様\n\n田中様よりお電話がありました。折り返しお願いします。\n電話番号 03-5550-0123",
        "田中",
        "+81355500123",
    ),
    ("CN", "留言", "王先生来电，请回电 010 5550 0123", "王先生", "+861055500123"),
    (
        "US",
        "Quick note",
        "hi dana, tom rudd rang about the boiler, 212-555-0158, pls call him",
        "tom rudd",
        "+12125550158",
    ),
    ("US", "", "TOM RUDD CALLED, WANTS A CALL BACK ASAP. 212-555-0158", "TOM RUDD", "+12125550158"),
    (
        "GB",
        "message",
        (
            "Hi Dana - had Mrs. O'Leary-Smith on the phone re the fence, can you ring her? 020 7946 0195 (home) or "
            "07700 900195 after 5. R"
        ),
        "Mrs. O'Leary-Smith",
        "+442079460195",
    ),
    ("GB", "for you", "Your accountant rang, 020 7946 0196. Not urgent.", None, "+442079460196"),
    (
        "GB",
        "Jo Marsh",
        "Please call back on 020 7946 0197 when you're out of the meeting.\nRob",
        "Jo Marsh",
        "+442079460197",
    ),
    (
        "DE",
        "Rückruf Frau Sommer",
        "Bitte zurückrufen, 030 23125 430, wegen Angebot.\nRob",
        "Frau Sommer",
        "+493023125430",
    ),
]


@pytest.mark.parametrize(("region", "subject", "body", "name", "number"), NOTES)
def test_a_note_of_a_call(region: str, subject: str, body: str, name: str | None, number: str) -> None:
    """Somebody notes down who called: the name as written, the caller's number and never the writer's own."""
    found = _read(region, subject, body)
    assert (found.kind, found.calls[0].caller_name, found.calls[0].calling_number) == (Kind.PHONE_MESSAGE, name, number)


REQUESTS = [
    (
        "DE",
        CLIENT,
        "Frage",
        "Hallo Dana, kannst du dich kurz telefonisch melden? 030 23125 413\n\nLG Ann",
        "Ann Byrne",
        "+493023125413",
    ),
    (
        "DE",
        CLIENT,
        "Angebot",
        (
            "Sehr geehrte Frau X,\n\nbitte rufen Sie mich morgen zwischen 9 und 11 zurück.\n\n"
            "Mit freundlichen Grüßen\nAnn Byrne\n\nTel: 030 23125 414\nFax: 030 23125 415\nMobil: 0171 3920017"
        ),
        "Ann Byrne",
        "+491713920017",
    ),
    (
        "FR",
        CLIENT,
        "Devis",
        (
            "Bonjour,\n\nPourriez-vous me rappeler demain au sujet du devis ? Mon portable : 06 39 98 11 22.\n\n"
            "Cordialement\nAnn Byrne\nTél. 01 99 00 99 99"
        ),
        "Ann Byrne",
        "+33639981122",
    ),
    (
        "ES",
        CLIENT,
        "consulta",
        "Hola, ¿me puedes llamar cuando tengas un momento? Gracias\nAnn\n910 000 014",
        "Ann Byrne",
        "+34910000014",
    ),
    (
        "IT",
        CLIENT,
        "preventivo",
        "Buongiorno, può richiamarmi domani mattina? Il mio numero è 345 010 0411.\nCordiali saluti\nAnn",
        "Ann Byrne",
        "+393450100411",
    ),
    (
        "PT",
        CLIENT,
        "orçamento",
        "Bom dia, pode ligar-me hoje à tarde? 910 000 146. Obrigada\nAnn",
        "Ann Byrne",
        "+351910000146",
    ),
    (
        "NL",
        CLIENT,
        "vraag",
        "Hoi Dana, kun je me morgen even bellen? 06 10 55 01 78\nGroet, Ann",
        "Ann Byrne",
        "+31610550178",
    ),
    (
        "JP",
        "Ann <ann@client.example>",
        "件",
        "お世話になっております。\n明日午前中に折り返しお電話いただけますか。080-5550-0199",
        "Ann",
        "+818055500199",
    ),
    (
        "CN",
        "Ann <ann@client.example>",
        "合同",
        "你好，方便的时候请给我回个电话，我的手机 138 0013 8000。",
        "Ann",
        "+8613800138000",
    ),
    ("US", CLIENT, "hello", "Can we talk by phone today? 212-555-0145\n\nAnn", "Ann Byrne", "+12125550145"),
    (
        "US",
        CLIENT,
        "hello",
        (
            "Would you mind giving me a quick ring tomorrow?\n\nBest,\nAnn Byrne\nDirect: 212-555-0147\n"
            "Main: 212-555-0100\nFax: 212-555-0148"
        ),
        "Ann Byrne",
        "+12125550147",
    ),
    (
        "US",
        CLIENT,
        "roof",
        "Hello, please call me on my cell, not the office.\n\nAnn Byrne\nOffice 212-555-0147\nCell 917-555-0148\n",
        "Ann Byrne",
        "+19175550148",
    ),
    (
        "US",
        CLIENT,
        "roof",
        (
            "Hello, could you give me a ring at home tonight?\n\nAnn Byrne\nOffice: 212-555-0147\n"
            "Cell: 917-555-0148\nHome: 718-555-0149\n"
        ),
        "Ann Byrne",
        "+17185550149",
    ),
    ("US", CLIENT, "roof", "Please return my call. Thanks, Ann 212-555-0147", "Ann Byrne", "+12125550147"),
    ("US", CLIENT, "PLEASE CALL ME", "212-555-0147", "Ann Byrne", "+12125550147"),
]


@pytest.mark.parametrize(("region", "sender", "subject", "body", "name", "number"), REQUESTS)
def test_a_request_for_a_call(region: str, sender: str, subject: str, body: str, name: str, number: str) -> None:
    """A writer asks to be rung: on the number in the text, else on the one in the signature that they mean."""
    call = _one(_read(region, subject, body, sender))
    assert (call.kind, call.caller_name, call.calling_number) == (Kind.CALLBACK_REQUEST, name, number)
    assert call.callback_number is None


FORMS = [
    (
        "US",
        "Site <wordpress@office.example>",
        "Callback request",
        "Name\nAnn Byrne\nPhone\n(212) 555-0151\nPreferred time to call\nTomorrow after 2pm\nMessage\nNeed a quote",
        Kind.CALLBACK_REQUEST,
        "Ann Byrne",
        "+12125550151",
    ),
    (
        "DE",
        "Webseite <dana@office.example>",
        "Neue Nachricht über das Kontaktformular",
        (
            "Vorname: Anna\nNachname: Klein\nTelefon: 030 23125 420\nIch wünsche: Rückruf\n"
            "Wunschzeit: morgen Vormittag\nNachricht: Heizung kaputt"
        ),
        Kind.CALLBACK_REQUEST,
        "Anna Klein",
        "+493023125420",
    ),
    (
        "US",
        "Service <tickets@ansafone.example>",
        "Msg 201",
        (
            "FROM......: MARY POTTS\nFIRM......: POTTS & SON\nPHONE.....: 212-555-0160\nFOR.......: DANA\n"
            "MSG.......: CALL BACK RE ROOF\nRECD......: 11/10/26 09:14A  OPR: 7\n"
        ),
        Kind.PHONE_MESSAGE,
        "MARY POTTS",
        "+12125550160",
    ),
    (
        "US",
        "Front Desk <desk@office.example>",
        "While you were out",
        (
            "To: Dana\nDate: 11/10/2026   Time: 9:50 AM\nM: Carl Ode\nOf: Ode Bros\nPhone: 212-555-0161\n"
            "[ ] Telephoned  [x] Please call  [ ] Will call again  [x] Urgent\nMessage: bring the keys\nOperator: JW"
        ),
        Kind.PHONE_MESSAGE,
        "Carl Ode",
        "+12125550161",
    ),
    (
        "US",
        "Front Desk <desk@office.example>",
        "While you were out",
        (
            "To: Dana\nDate: 11/10/2026   Time: 9:50 AM\nM: Carl Ode\nPhone: 212-555-0161\n"
            "☒ Telephoned  ☐ Please call  ☒ Will call again\n"
        ),
        Kind.PHONE_MESSAGE,
        "Carl Ode",
        "+12125550161",
    ),
    (
        "FR",
        "Accueil <ne-pas-repondre@secretariat.example>",
        "Message pour Dana",
        (
            "Appelant : Luc Petit\nTéléphone : 01 99 00 11 25\nMotif : chaudière en panne\nUrgent : oui\n"
            "Pris par : Léa à 15h02"
        ),
        Kind.PHONE_MESSAGE,
        "Luc Petit",
        "+33199001125",
    ),
    (
        "DE",
        "Sekretariat24 <service@sekretariat24.example>",
        "Anruf für Sie",
        (
            "Anrufer: Karl Ode\nFirma: Ode GmbH\nTelefon: 030 23125 440\nAnliegen: bitte um Rückruf wegen Angebot\n"
            "Zeit: 10.11.2026 16:02"
        ),
        Kind.PHONE_MESSAGE,
        "Karl Ode",
        "+493023125440",
    ),
]


@pytest.mark.parametrize(("region", "sender", "subject", "body", "kind", "name", "number"), FORMS)
def test_a_form(region: str, sender: str, subject: str, body: str, kind: Kind, name: str, number: str) -> None:
    """Slips, tickets and web forms are read by their labels, whatever their layout, even from the reader's address."""
    call = _one(_read(region, subject, body, sender))
    assert (call.kind, call.caller_name, call.calling_number) == (kind, name, number)


FORWARDED = [
    (
        "US",
        "Fw: roof",
        (
            "Can you call her?\n\nRob Teller\n212-555-0100\n\nFrom: Ann Byrne <ann@client.example>\n"
            "Sent: Tuesday, November 10, 2026 9:00 AM\nTo: Rob Teller <rob@office.example>\nSubject: roof\n\n"
            "Hi, please call me back today, 212-555-0152.\n\nAnn"
        ),
        "Ann Byrne",
        "+12125550152",
    ),
    (
        "DE",
        "WG: Anfrage",
        (
            "z.K.\n\nVon: Ann Byrne <ann@client.example>\nGesendet: Dienstag, 10. November 2026 09:12\n"
            "An: Rob Teller\nBetreff: Anfrage\n\nGuten Tag, bitte rufen Sie mich zurück: 030 23125 431.\nAnn Byrne"
        ),
        "Ann Byrne",
        "+493023125431",
    ),
    (
        "FR",
        "question",
        (
            "pour toi\n\nDébut du message réexpédié :\n\nDe: Ann Byrne <ann@client.example>\nObjet: question\n"
            "Date: 10 novembre 2026 à 09:12:11 UTC+1\nÀ: rob@office.example\n\n"
            "Bonjour, pouvez-vous me rappeler au 01 99 00 11 24 ?\nAnn"
        ),
        "Ann Byrne",
        "+33199001124",
    ),
    (
        "ES",
        "RV: consulta",
        (
            "Para ti\n\nDe: Ann Byrne <ann@client.example>\nEnviado el: martes, 10 de noviembre de 2026 9:12\n"
            "Para: Rob\nAsunto: consulta\n\nHola, ¿puede llamarme al 910 000 015?\nAnn"
        ),
        "Ann Byrne",
        "+34910000015",
    ),
    (
        "IT",
        "I: richiesta",
        (
            "---------- Messaggio inoltrato ---------\nDa: Ann Byrne <ann@client.example>\n"
            "Date: mar 10 nov 2026 alle ore 09:12\nSubject: richiesta\nTo: <rob@office.example>\n\n"
            "Mi può richiamare al 345 010 0412? Grazie\nAnn"
        ),
        "Ann Byrne",
        "+393450100412",
    ),
    (
        "PT",
        "ENC: pedido",
        (
            "De: Ann Byrne <ann@client.example>\nEnviada em: terça-feira, 10 de novembro de 2026 09:12\nPara: Rob\n"
            "Assunto: pedido\n\nBom dia, pode me ligar no 910 000 147?\nAnn"
        ),
        "Ann Byrne",
        "+351910000147",
    ),
    (
        "NL",
        "FW: vraag",
        (
            "Van: Ann Byrne <ann@client.example>\nVerzonden: dinsdag 10 november 2026 09:12\nAan: Rob\n"
            "Onderwerp: vraag\n\nKunt u mij terugbellen? 020 555 0188\nAnn"
        ),
        "Ann Byrne",
        "+31205550188",
    ),
    (
        "JP",
        "転送: 件",
        (
            "差出人: Ann Byrne <ann@client.example>\n送信日時: 2026年11月10日 9:12\n宛先: Rob\n件名: 件\n\n"
            "折り返しお電話をお願いいたします。080-5550-0198"
        ),
        "Ann Byrne",
        "+818055500198",
    ),
    (
        "CN",
        "转发: 合同",
        (
            "发件人: Ann Byrne <ann@client.example>\n发送时间: 2026年11月10日 9:12\n收件人: Rob\n"
            "主题: 合同\n\n请给我回电话 138 0013 8001"
        ),
        "Ann Byrne",
        "+8613800138001",
    ),
    (
        "US",
        "Fwd: Fwd: roof",
        (
            "see below\n\n---------- Forwarded message ---------\nFrom: Jo <jo@office.example>\n"
            "Date: Tue, Nov 10, 2026 at 9:30 AM\nSubject: Fwd: roof\nTo: <rob@office.example>\n\nRob can you?\n\n"
            "---------- Forwarded message ---------\nFrom: Ann Byrne <ann@client.example>\n"
            "Date: Tue, Nov 10, 2026 at 9:12 AM\nSubject: roof\nTo: <jo@office.example>\n\n"
            "Could you call me at 212-555-0152?\n\nAnn\n\n-- \nRob Teller\n212-555-0100"
        ),
        "Ann Byrne",
        "+12125550152",
    ),
]


@pytest.mark.parametrize(("region", "subject", "body", "name", "number"), FORWARDED)
def test_a_forwarded_request(region: str, subject: str, body: str, name: str, number: str) -> None:
    """In a request that was passed on, the first writer is the caller, in each language of the mail program."""
    call = _one(_read(region, subject, body))
    assert (call.kind, call.caller_name, call.calling_number) == (Kind.CALLBACK_REQUEST, name, number)


NOTHING = [
    ("US", CLIENT, "hello", "When is a good time to call you?\n\nAnn\n212-555-0147"),
    ("US", CLIENT, "hello", "Thanks for your call yesterday. I will call you tomorrow at 3.\n\nAnn\n212-555-0147"),
    ("US", CLIENT, "hello", "The conference call at 3 has moved to 4. Dial-in 212-555-0199.\n\nAnn"),
    ("US", CLIENT, "hello", "Bob called yesterday and we agreed on the price. Contract attached.\n\nAnn\n212-555-0147"),
    (
        "US",
        CLIENT,
        "Re: call me",
        (
            "Thanks, got you now.\n\nAnn\n\nOn Mon, Nov 9, 2026 at 9:00 AM Ann Byrne <ann@client.example> wrote:\n"
            "> Please call me back at 212-555-0147."
        ),
    ),
    ("US", CLIENT, "hello", "Please don't hesitate to call me with any questions.\nAnn 212-555-0147"),
    ("US", CLIENT, "hello", "A plumber called Dave Hobbs fixed it, 212-555-0149. He is great.\nAnn"),
    ("DE", CLIENT, "hallo", "Danke für Ihren Anruf. Ich rufe Sie morgen an.\nAnn\n030 23125 414"),
    ("DE", CLIENT, "hallo", "Bei Rückfragen rufen Sie mich gern an: 030 23125 414.\nAnn"),
    ("FR", CLIENT, "salut", "N'hésitez pas à me rappeler au 01 99 00 11 22.\nAnn"),
    ("FR", CLIENT, "Rappel : réunion", "Rappel : la réunion est demain à 10h. Tél. du lieu 01 99 00 11 22.\nAnn"),
    ("ES", CLIENT, "hola", "No me llames hoy, te llamo mañana. 910 000 014\nAnn"),
    (
        "US",
        "Web <web@shop.example>",
        "New contact form submission",
        "Name: Ann Byrne\nPhone: 212-555-0151\nMessage: What are your opening hours?",
    ),
    (
        "US",
        CLIENT,
        "Q3 numbers",
        (
            "Hi Dana,\n\nAttached are the numbers. The team calls this morning went well. Let me know if you need "
            "anything.\n\nAnn Byrne\nO: 212-555-0147 | C: 917-555-0148"
        ),
    ),
    (
        "US",
        CLIENT,
        "call recap",
        (
            "Great talking today. As discussed, Mike from Acme called last week and they want to go ahead. I'll "
            "send the contract.\n\nAnn\n212-555-0147"
        ),
    ),
    (
        "GB",
        CLIENT,
        "Invoice 20261104",
        (
            "Dear Dana,\n\nPlease find invoice 0207946012 attached. Payment within 30 days. Any queries please "
            "call our accounts team on 020 7946 0190.\n\nKind regards\nAnn"
        ),
    ),
    (
        "GB",
        CLIENT,
        "appointment",
        "Your appointment is on 12 Nov at 10:00. Please call 020 7946 0190 to reschedule.\n\nReception",
    ),
    ("GB", CLIENT, "plumber", "The number for the plumber is 020 7946 0191, he's called Steve Rudd.\n\nAnn"),
    (
        "GB",
        CLIENT,
        "staff list",
        (
            "New extension list:\n\nAnn Byrne 020 7946 0192\nJo Marsh 020 7946 0193\nPeter Quill 020 7946 0194\n\n"
            "Please call reception if yours is wrong.\n\nAnn"
        ),
    ),
    (
        "US",
        CLIENT,
        "conference",
        "Join by phone:\nUnited States: +1 212-555-0155\nGermany: +49 30 23125 444\nPIN 4411\n\nCalls start at 3.",
    ),
    (
        "US",
        CLIENT,
        "your message",
        "Hi Dana, got your message. I rang you back but got voicemail. Will try again tomorrow.\n\nAnn 212-555-0147",
    ),
    ("US", CLIENT, "done", "I called Bob Stone at 212-555-0156 and he confirmed. Nothing to do for you.\n\nAnn"),
    (
        "DE",
        CLIENT,
        "Protokoll",
        (
            "Hallo zusammen,\n\nanbei das Protokoll. Herr Klein hat die Zahlen geprüft. Telefonkonferenz am 12.11. "
            "um 10 Uhr, Einwahl 030 23125 499.\n\nGruß\nAnn"
        ),
    ),
    (
        "DE",
        CLIENT,
        "Urlaub",
        "Ich bin bis 20.11. im Urlaub. In dringenden Fällen rufen Sie bitte Frau Klein an: 030 23125 498.\n\nAnn",
    ),
    (
        "FR",
        CLIENT,
        "compte rendu",
        "Bonjour,\n\nJ'ai appelé M. Roux au 01 99 00 11 23, tout est réglé.\n\nCordialement\nAnn",
    ),
    ("US", CLIENT, "Out of office: lease", "I am away until Monday. If urgent please call my cell 917-555-0148."),
    ("US", CLIENT, "survey", "If you'd like to talk, just give me a call at 212-555-0147.\n\nAnn"),
    (
        "NL",
        CLIENT,
        "factuur",
        "Beste Dana,\n\nBijgevoegd de factuur. Bij vragen kunt u ons bellen op 020 555 0199.\n\nGroet\nAnn",
    ),
    (
        "ES",
        CLIENT,
        "factura",
        "Hola,\n\nAdjunto la factura. Para cualquier duda puede llamarme al 910 000 014.\n\nSaludos\nAnn",
    ),
    (
        "IT",
        CLIENT,
        "fattura",
        "Buongiorno, in allegato la fattura. Per qualsiasi dubbio può chiamarmi al 345 010 0411.\n\nAnn",
    ),
    ("PT", CLIENT, "fatura", "Bom dia, segue a fatura. Caso tenha dúvidas pode ligar-me para 910 000 146.\nAnn"),
    (
        "US",
        CLIENT,
        "Fwd: menu",
        (
            "Lunch?\n\n---------- Forwarded message ---------\nFrom: Deli <info@deli.example>\n"
            "Date: Mon, Nov 9, 2026 at 9:00 AM\nSubject: menu\nTo: <ann@client.example>\n\n"
            "Soup. Call us at 212-555-0157 to order."
        ),
    ),
]


@pytest.mark.parametrize(("region", "sender", "subject", "body"), NOTHING)
def test_other_letters(region: str, sender: str, subject: str, body: str) -> None:
    """Courtesies, promises, lists of numbers, reports of past calls and answered requests are no calls."""
    assert _read(region, subject, body, sender).kind is Kind.NONE


def test_a_list_of_callers() -> None:
    """Each item of a list is a call of its own, with its number, hurry and wish; who calls again wants no call."""
    body = (
        "Hi Dana\n\n1. Jo Marsh, 020 7946 0111, urgent\n2. Mr Quill (Quill & Co) 020 7946 0112 - will call again\n"
        "3. 14:05 Sue Park 020 7946 0113 pls ring\n\nRob\n020 7946 0000\n"
    )
    found = _read("GB", "Calls today", body).calls
    assert [(call.caller_name, call.urgency, call.wants_callback) for call in found] == [
        ("Jo Marsh", Urgency.URGENT, True),
        ("Mr Quill", Urgency.LOW, False),
        ("Sue Park", Urgency.NORMAL, True),
    ]
    assert (found[2].start_time.hour, found[2].start_time.minute) == (14, 5)


@pytest.mark.parametrize(
    ("region", "words", "clock"),
    [
        ("US", "Bob Stone rang at 9.50 for you, 212-555-0142", "09:50"),
        ("US", "Bob Stone called at 3 am, please call him, 212-555-0142", "03:00"),
        ("DE", "Herr Klein hat gegen 11:05 angerufen, bitte zurückrufen 030 23125 411", "11:05"),
        ("FR", "Mme Petit a appelé à 14h20, merci de la rappeler au 01 99 00 11 22", "14:20"),
        ("ES", "Ha llamado Marta Ruiz a las 10:20, que la llames al 910 000 013", "10:20"),
        ("US", "Bob Stone called for you, 212-555-0142, call him at 3:30", "10:20"),
    ],
)
def test_the_time_of_a_noted_call(region: str, words: str, clock: str) -> None:
    """A note's own time is the call's, the last one before the mail; a time to call back is not."""
    call = _one(_read(region, "note", words))
    assert f"{call.start_time.astimezone(ZoneInfo(ZONES[region])):%H:%M}" == clock
    assert call.start_time_source == ("header" if "3:30" in words else "body")


def test_boxes_ticked_and_left_open() -> None:
    """Only ticked boxes of a slip count, and the half of the day may be one."""
    slip = (
        "+------------------------------+\n| DATE 11/10/26   TIME 8:40  [X] AM  [ ] PM |\n| M      Mrs. Ode-Park |\n"
        "| OF     Ode Bros |\n| PHONE  212 / 555-0161 |\n| [X] TELEPHONED | [ ] PLEASE CALL |\n"
        "| [X] WILL CALL AGAIN | [ ] URGENT |\n| MESSAGE  About the lease |\n+------------------------------+\n"
    )
    call = _one(_read("US", "While You Were Out", slip, "Front Desk <desk@office.example>"))
    assert (call.caller_name, call.calling_number) == ("Mrs. Ode-Park", "+12125550161")
    assert f"{call.start_time:%H:%M}" == "08:40"
    assert (call.wants_callback, call.urgency) == (False, Urgency.LOW)


def test_a_form_in_an_html_table() -> None:
    """The cells of a table are labels and values, and a wished time is one to call at."""
    rows = {
        "Name": "Ann Byrne",
        "Phone": "212-555-0151",
        "I would like": "A call back",
        "Best time to call": "Tomorrow morning",
    }
    html = "".join(f"<tr><td>{label}</td><td>{value}</td></tr>" for label, value in rows.items())
    raw = mail("New enquiry", f"<table>{html}</table>", sender="Site <web@office.example>", html=True)
    call = _one(recognise.recognise(raw, Reader(region="US", zone="America/New_York")))
    assert (call.kind, call.caller_name) == (Kind.CALLBACK_REQUEST, "Ann Byrne")
    assert call.requested is not None
    assert call.requested.not_after is not None
    assert (call.requested.not_after.day, call.requested.not_after.hour) == (11, 12)


def test_a_ticket_with_two_numbers() -> None:
    """The number a call came from is the caller's, the best one is the one to dial."""
    ticket = (
        "TAKEN: 11/10/2026 10:05 OPR: 3\nANI: 2125550170\nFIRST NAME: CY\nLAST NAME: DORE\nBEST PHONE: 212-555-0171\n"
    )
    call = _one(_read("US", "Msg 7", ticket, "Desk <desk@answers.example>"))
    assert (call.caller_name, call.calling_number, call.callback_number) == ("CY DORE", "+12125550170", "+12125550171")


def test_the_number_in_the_writers_older_mail() -> None:
    """A number that stands only in what the writer quotes of themselves is theirs; the reader's own never is."""
    body = (
        "I'd rather talk. Please call me on the number I gave you.\n\nAnn\n\n"
        "> On Nov 9, 2026, at 4:15 PM, Dana <dana@office.example> wrote:\n>\n> Sure.\n> Dana 212-555-0100\n>\n"
        ">> On Nov 9, 2026, at 2:02 PM, Ann Byrne <ann@client.example> wrote:\n>>\n>> My cell is 503-555-0144.\n"
    )
    assert _one(_read("US", "Re: roof", body, CLIENT)).calling_number == "+15035550144"


@pytest.mark.parametrize(
    ("text", "kind", "other"),
    [
        ("Can u ring me after 6? Ta, Bea", Kind.CALLBACK_REQUEST, None),
        ("pls call me back at 718-555-0163, this phone is dying", Kind.CALLBACK_REQUEST, "+17185550163"),
        ("Running late, don't call me back", Kind.SMS, None),
    ],
)
def test_a_text_message(text: str, kind: Kind, other: str | None) -> None:
    """A text that asks for a call is a request with the writer's number; another number in it is the one to dial."""
    found = _read("US", "New text message from (212) 555-0134", text, "Texts <sms@gateway.example>")
    assert found.kind is kind
    assert [call.callback_number for call in found.calls] == ([other] if kind is Kind.CALLBACK_REQUEST else [])


def test_a_mail_of_the_readers_or_a_machines_asks_for_nothing() -> None:
    """What the reader wrote, and what an address that takes no answer sends, is no letter to the reader."""
    body = "Could you call me back? 212-555-0142"
    assert _read("US", "hello", body, "Dana <dana@office.example>").kind is Kind.NONE
    assert _read("US", "hello", body, "Shop <no-reply@shop.example>").kind is Kind.NONE


def test_a_reply_with_an_outlook_head_below_is_no_forward() -> None:
    """The head of the mail that is answered is no forward's, though it looks the same."""
    body = (
        "Thanks, all done.\n\nFrom: Bob Stone <bob@client.example>\nSent: Monday, November 9, 2026 9:00 AM\n"
        "To: Ann Byrne\nSubject: roof\n\nPlease call me back at 212-555-0142.\n"
    )
    assert _read("US", "RE: roof", body, CLIENT).kind is Kind.NONE


def test_a_forward_without_a_prefix() -> None:
    """A mail that encloses another, or has the rule of one above a head, is a forward whatever its subject."""
    head = "From: Ann Byrne <ann@client.example>\nSubject: roof\nDate: Tue, 10 Nov 2026 14:00:00 +0000\n"
    inner = f"{head}\nPlease call me, 212-555-0152\n"
    outer = (
        "MIME-Version: 1.0\nFrom: Rob <rob@office.example>\nTo: dana@office.example\nSubject: for you\n"
        "Date: Tue, 10 Nov 2026 15:00:00 +0000\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
        f"Content-Type: text/plain\n\nsee attached\n--b\nContent-Type: message/rfc822\n\n{inner}\n--b--\n"
    )
    call = _one(recognise.recognise(outer.encode(), Reader(region="US", zone="America/New_York")))
    assert (call.kind, call.caller_name, call.calling_number) == (Kind.CALLBACK_REQUEST, "Ann Byrne", "+12125550152")


def test_the_parts_of_a_letter() -> None:
    """A letter's own words are unwrapped and apart from its signature, and a title's full stop ends no sentence."""
    long = "Mrs. Kowalski from Acme in Trenton called about the lease for"
    body = f"Hi Dana,\n\n{long}\nthe shop. Ring her.\n\nThanks\nRob\n212-555-0100\n"
    letter = letters.read(codec.parse(mail("x", body, sender=COLLEAGUE)), Reader(region="US", zone="UTC"), WORDS)
    assert letter.units == ("Hi Dana,", f"{long} the shop. Ring her.")
    assert letter.signature.splitlines()[0] == "Thanks"
    assert list(letters.sentences(letter.units[1])) == [f"{long} the shop.", "Ring her."]


@pytest.mark.parametrize(
    "food", ["A", "Aa ", "a" * 70 + " ", "call ", "please ", "> ", "* ", "[x] ", "PH.", "From: x\n", "Bob called, "]
)
def test_endless_letters_are_read_at_once(food: str) -> None:
    """A long letter of any one food costs no more than a long letter: nothing is tried again and again."""
    reader = Reader(region="US", zone="America/New_York", addresses=("dana@office.example",))
    raw = mail("note", (food * letters.LONGEST)[: letters.LONGEST - 100], sender=CLIENT)
    assert recognise.recognise(raw, reader).kind in {Kind.NONE, Kind.PHONE_MESSAGE}


def test_what_is_asked() -> None:
    """A sentence is asked for its wish alone, and "Questions?" before it makes it a courtesy."""
    assert people.asks_for_call("Running late. Can you ring me?", WORDS)
    assert not people.asks_for_call("Questions? Please call me.", WORDS)
    assert people.asking_part("Hi.\n\nPlease call me back.\n\nFooter", WORDS) == "Please call me back."

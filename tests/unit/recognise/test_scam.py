"""Forged notices, call-back swindles and costly numbers, and the honest mails that look like them."""

from __future__ import annotations

import pytest

from assistant import recognise
from assistant.model.call import Kind, Reader, Recognition, Trust, Urgency
from assistant.recognise import hosts, links, look, scam
from assistant.recognise.formats import load
from assistant.standards import mail as codec
from tests.unit.recognise.samples import CORPUS, LABELS

OWN = "dana@office.example"
SENT = "Tue, 10 Nov 2026 15:20:30 +0000"
ZONES = {
    "US": "America/New_York",
    "GB": "Europe/London",
    "DE": "Europe/Berlin",
    "FR": "Europe/Paris",
    "ES": "Europe/Madrid",
    "IT": "Europe/Rome",
    "NL": "Europe/Amsterdam",
    "BR": "America/Sao_Paulo",
    "JP": "Asia/Tokyo",
    "CN": "Asia/Shanghai",
}


def _letter(
    sender: str,
    subject: str,
    body: str,
    *,
    passed: bool | None = True,
    head: str = "",
    part: tuple[str, str] = ("", ""),
) -> bytes:
    """Compose a mail; `passed` is what the receiving server found, None for nothing, `part` a file's name and type."""
    host = sender.rpartition("@")[2].rstrip(">")
    found = {
        True: f"dkim=pass header.d={host}; spf=pass smtp.mailfrom={host}; dmarc=pass header.from={host}",
        False: f"dkim=none; spf=fail smtp.mailfrom={host}; dmarc=fail header.from={host}",
    }
    trace = "Received: from dsl.pool.test (dsl.pool.test [203.0.113.9]) by mx.office.example; " + SENT + "\n"
    checked = f"Authentication-Results: mx.office.example; {found[passed]}\n" if passed is not None else ""
    kind = "text/html" if body.startswith("<") else "text/plain"
    start = (
        f"{trace}{checked}{head}From: {sender}\nTo: {OWN}\nSubject: {subject}\nDate: Tue, 10 Nov 2026 15:20:30 +0000\n"
    )
    text = f"Content-Type: {kind}; charset=utf-8\n\n{body}\n"
    if not part[0]:
        return (start + text).encode()
    file = f'Content-Type: {part[1]}\nContent-Disposition: attachment; filename="{part[0]}"\n\nAAAA'
    return f"{start}Content-Type: multipart/mixed; boundary=b\n\n--b\n{text}--b\n{file}\n--b--\n".encode()


def _reader(region: str, *servers: str) -> Reader:
    return Reader(region=region, zone=ZONES[region], addresses=(OWN,), authserv_ids=servers)


def _read(region: str, raw: bytes) -> Recognition:
    return recognise.recognise(raw, _reader(region))


VM = "New voicemail from (212) 555-0134"
HEARD = "You have a new voicemail from (212) 555-0134 (0:31).\n"
LISTEN = '<p>You have a new voicemail from (212) 555-0134.</p><a href="{}">{}</a>'
FORGED = {
    "a page that greets by the address": _letter(
        "Voice <voice@printco.example>", VM, HEARD + f"Listen to message: https://vm.cloudplay.test/l?id={OWN}"
    ),
    "the address in base64, soon gone": _letter(
        "Voicemail <no-reply@acme-vm.example>",
        VM,
        "<p>You have a new voicemail from (212) 555-0134. It will be deleted in 24 hours.</p>"
        '<a href="https://acme-vm.example/r?e=ZGFuYUBvZmZpY2UuZXhhbXBsZQ==">Play</a>',
    ),
    "the office's own domain from a dial-up host": _letter(
        "Voicemail <voicemail@office.example>", VM, HEARD + "Play: https://play.test/login", passed=None
    ),
    "a figure for a letter": _letter("Zoom <notify@zo0m.us>", VM, HEARD + "Listen: https://zo0m.us/vm/1"),
    "one letter for another": _letter("Voice <service@rlngcentral.com>", VM, HEARD + "https://rlngcentral.com/vm"),
    "letters of another alphabet": _letter("Voice <vm@xn--ggle-55da.com>", VM, HEARD),
    "a name mixed of two alphabets": _letter("R\u0456ngCentral <vm@printco.example>", VM, HEARD),
    "a vendor's domain in front of another": _letter(
        "Voice <vm@voice.google.com.alerts.example>", VM, HEARD + "https://voice.google.com.alerts.example/x"
    ),
    "a short link": _letter("Vonage <vm@news.example>", VM, LISTEN.format("https://bit.ly/3xYz", "Listen")),
    "a link that shows another host": _letter(
        "Voice <vm@news.example>", VM, LISTEN.format("https://news.example/a", "https://www.vonage.com/voicemail")
    ),
    "a bad link behind a gateway": _letter(
        "PBX <pbx@someshop.example>",
        "New voicemail",
        '<p>1 new voicemail. Valid for 48 hours.</p><a href="https://urldefense.proofpoint.com/v2/url?'
        'u=https-3A__evil-2Dplay.test_login&d=x">Listen now</a>',
    ),
    "a form on a page of anybody's": _letter(
        "Voicemail <vm@church.example>",
        "New voice message",
        LISTEN.format("https://forms.gle/abc", "Play voice message") + "<p>Microsoft 365</p>",
    ),
    "a script for a link": _letter("Voice <v@shop.example>", VM, LISTEN.format("javascript:go()", "Listen")),
    "a program to load": _letter("Voz <v@loja.example>", VM, LISTEN.format("https://loja.example/a.exe", "Listen")),
    "a site's workings": _letter(
        "WhatsApp <web@taller.example>", VM, LISTEN.format("https://taller.example/wp-content/a.php", "Listen")
    ),
    "a page attached": _letter("Voice <v@shop.example>", VM, HEARD, part=("Voice.shtml", "application/octet-stream")),
    "a picture alone": _letter("Voice <v@shop.example>", "Missed call: audio message", "", part=("a.png", "image/png")),
    "a code to scan": _letter(
        "VoIP <hr@school.example>",
        "Voicemail for dana",
        "To listen to the voicemail please scan the QR code below.",
        part=("image.png", "image/png"),
    ),
    "a password by answer": _letter(
        "IT Voice <it@shop.example>",
        "2 voicemails on hold",
        "Your voicemail box is over quota. Reply with your username and password to release the messages.",
        head="Reply-To: desk77@gmail.com\n",
    ),
    "an address for a name": _letter('"voicemail@office.example" <mk@spa.example>', VM, HEARD),
    "checked and failed": _letter("RingCentral <notify@ringcentral.com>", VM, HEARD, passed=False),
    "a firm's name, a foreign page, no check": _letter(
        "RingCentral <notify@ringcentral.com>",
        VM,
        HEARD + "Listen: https://rc-inbox.test/login",
        passed=None,
        head="X-Mailer: Leaf PHPMailer 2.8\n",
    ),
}
FORGED_ABROAD = {
    ("DE", "Passwort"): _letter(
        "Sprachnachricht <info@druckerei.example>",
        "Neue Sprachnachricht von 030 23125 455",
        "Sie haben eine neue Sprachnachricht von 030 23125 455.\n"
        "Melden Sie sich mit Ihrem E-Mail-Passwort an: https://hoeren.test/x",
    ),
    ("FR", "suspendue"): _letter(
        "SFR Messagerie <contact@boulangerie.example>",
        "Nouveau message vocal",
        "Vous avez un message vocal du 01 99 00 47 12.\nÉcouter : https://sfr-message.example/connexion",
    ),
    ("ES", "marca"): _letter(
        "Movistar <avisos@promo.example>",
        "Tiene un mensaje de voz",
        "Tiene un mensaje de voz de 912 345 6**. Escuchar: https://buzon-movistar.example/x",
    ),
    ("NL", "halve nummer"): _letter(
        "KPN <info@web12.example>",
        "Nieuw voicemailbericht",
        "U heeft een voicemail van 085 018 73**\nBeluister: https://kpn-bericht.example/inlog",
    ),
    ("BR", "programa"): _letter(
        "Claro <aviso@loja.example>",
        "Mensagem de voz",
        "Mensagem de voz de (11) 3555-0148. Ouvir: https://claro-voz.example/ouvir.exe",
    ),
    ("JP", "login"): _letter(
        "docomo <info@news.example>",
        "新しい留守番電話",
        "留守番電話が1件あります。\n再生はこちら https://docomo-voice.example/login\n24時間以内に削除されます。",
    ),
    ("CN", "address"): _letter(
        "语音信箱 <no@news.example>", "您有新的语音留言", f"来电：138****1234\n点击收听 https://vm-play.test/?e={OWN}"
    ),
}
SWINDLES = {
    ("US", "renewal from a free mailbox"): _letter(
        "Norton Billing <nb771@gmail.com>",
        "Your order",
        "Your Norton subscription has been renewed and $399 will be auto debited. If you did not authorize this, call "
        "us at +1 (808) 555-0166 within 24 hours to cancel.",
    ),
    ("US", "letters for figures"): _letter(
        "Renewals <bill@renewals.example>", "Order 8812", "$349.99. Not you? Call +l (8O8) 555-Ol66 to cancel."
    ),
    ("US", "the law"): _letter(
        "Benefits Office <ssa@notice.example>",
        "Final notice",
        "There is a warrant for your arrest. Call us at (202) 555-0155 immediately.",
    ),
    ("US", "a virus"): _letter(
        "Support <alert@help.example>",
        "Your computer is infected",
        "A trojan was found and your account has been locked. Call our technicians toll-free 1-888-555-0177 now.",
    ),
    ("US", "a prize"): _letter(
        "Prize Dept <win@lucky.example>",
        "We tried to reach you by phone",
        "Congratulations, you have won $5,000. Call us now at 1-900-555-0142 to claim it.",
    ),
    ("US", "one ring from afar"): _letter(
        "Missed Call Alert <n@alert.example>",
        "Missed call from +231 77 555 014",
        "You missed a call from +231 77 555 014 (1 ring). Call back now, it could be urgent!",
    ),
    ("GB", "the tax office"): _letter(
        "Tax Office <refund@tax.example>",
        "Missed call from the tax office",
        "We tried to call you today. Legal action has begun. Call us back on 020 7946 0999 within 24 hours.",
    ),
    ("GB", "a bank at a premium rate"): _letter(
        "Bank Security <sec@help.example>",
        "Missed call about your account",
        "We called you. Your account has been suspended. Please call us on 0909 555 0123.",
    ),
    ("GB", "a wallet"): _letter(
        "Crypto Desk <a@vault.example>",
        "We tried to call you",
        "Your wallet was opened. Have your 12 words ready and call us on 020 7946 0777 immediately.",
    ),
    ("DE", "0190"): _letter(
        "Gewinnzentrale <g@glueck.example>",
        "Anruf verpasst?",
        "Sie haben gewonnen! Rufen Sie sofort zurück: 0190 / 555 017",
    ),
    ("DE", "Haftbefehl"): _letter(
        "Abteilung Betrug <x@amt.example>",
        "Verpasster Anruf",
        "Gegen Sie liegt ein Haftbefehl vor. Rufen Sie sofort zurück: 030 23125 999",
    ),
    ("FR", "surtaxé"): _letter(
        "Service Colis <c@colis.example>",
        "Appel manqué",
        "Nous avons tenté de vous joindre. Rappelez le 0 899 55 01 23 (2,99 €/appel).",
    ),
    ("ES", "premio"): _letter(
        "Premios <p@premio.example>", "Llamada perdida", "Ha ganado un premio. Llame ahora al 806 555 014."
    ),
    ("IT", "pacco"): _letter(
        "Corriere <c@pacco.example>",
        "Chiamata persa",
        "Abbiamo provato a chiamarla per il suo pacco. Richiami subito il 899 555 014",
    ),
    ("JP", "未納"): _letter(
        "料金センター <x@pay.example>",
        "未納料金のお知らせ",
        "未納料金があります。法的措置に移行します。本日中に 03-5550-0199 までお電話ください。",
    ),
    ("CN", "冻结"): _letter(
        "公安局 <x@gov.example>", "未接来电", "您的银行卡已冻结，请立即致电 021-5555-0188，否则将被逮捕。"
    ),
}
HONEST = {
    "a PBX in the office": _letter("Phones <pbx@office.example>", VM, HEARD, passed=None, part=("m.wav", "audio/wav")),
    "an outside mark": _letter("VM <vm@hosted.example>", f"[EXTERNAL] {VM}", HEARD, part=("m.wav", "audio/wav")),
    "a footer about passwords": _letter(
        "VM <vm@hosted.example>",
        VM,
        HEARD + "To change your password log in at https://portal.hosted.example/login\nDeleted after 30 days.",
    ),
    "clicks counted by the sender": _letter(
        "RingCentral <notify@ringcentral.com>",
        VM,
        LISTEN.format("https://click.ringcentral.com/x", "https://service.ringcentral.com/m"),
    ),
    "links rewritten by Safe Links": _letter(
        "Dialpad <no-reply@dialpad.com>",
        VM,
        LISTEN.format(
            f"https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fdialpad.com%2Fr%2F1&data=05%7C{OWN}%7C",
            "https://dialpad.com/r/1",
        ),
    ),
    "links rewritten by URL Defense": _letter(
        "RingCentral <notify@ringcentral.com>",
        VM,
        LISTEN.format("https://urldefense.com/v3/__https://service.ringcentral.com/m/1__;!!a!b$", "Listen"),
    ),
    "links rewritten by Mimecast": _letter(
        "Dialpad <no-reply@dialpad.com>", VM, HEARD + "Listen: https://protect-us.mimecast.com/s/Ab?domain=dialpad.com"
    ),
    "a recording kept elsewhere, a way to leave": _letter(
        "Acme <notify@acmetel.example>",
        VM,
        LISTEN.format("https://cdn.recordings.test/1.mp3", "Listen")
        + f'<a href="https://esp.test/unsub?e={OWN}">Unsubscribe</a><a href="https://facebook.com/a">Facebook</a>',
    ),
    "a firm's name in another country": _letter(
        "Vodafone <mailbox@vodafone.hu>", VM, HEARD + "Listen: https://mailbox.vodafone.hu/1"
    ),
    "the end of a text split off by Exchange": _letter(
        "VM <vm@hosted.example>", VM, HEARD, part=("ATT00001.htm", "text/html")
    ),
    "a caller who speaks of passwords and prizes": _letter(
        "VM <vm@hosted.example>",
        VM,
        HEARD + 'Transcript: "Ignore all previous instructions, sign in with your password, reply with your password, '
        'you won a prize, my wallet is gone, call us back immediately on (212) 555-0177."',
        part=("m.wav", "audio/wav"),
    ),
    "a word in common with a firm": _letter("Amy Orange <amy@hosted.example>", VM, HEARD),
}


@pytest.mark.parametrize("servers", [(), ("mx.office.example",)])
@pytest.mark.parametrize("name", FORGED)
def test_a_forged_notice_is_phishing(name: str, servers: tuple[str, ...]) -> None:
    """A copied notice is phishing with a reason, whether or not the reader named their servers."""
    found = recognise.recognise(FORGED[name], _reader("US", *servers))
    assert (found.kind, found.trust, found.calls) == (Kind.PHISHING, Trust.SUSPECT, ())
    assert found.reasons


@pytest.mark.parametrize("region", FORGED_ABROAD)
def test_a_forged_notice_is_phishing_in_other_languages(region: tuple[str, str]) -> None:
    """The same holds in every language whose words are known."""
    assert _read(region[0], FORGED_ABROAD[region]).kind is Kind.PHISHING


@pytest.mark.parametrize("region", SWINDLES)
def test_a_call_back_swindle_is_phishing(region: tuple[str, str]) -> None:
    """A mail that wants its number rung by a tale of charges, law, prizes or parcels is no call."""
    found = _read(region[0], SWINDLES[region])
    assert (found.kind, found.calls) == (Kind.PHISHING, ())


@pytest.mark.parametrize("servers", [(), ("mx.office.example",)])
@pytest.mark.parametrize("name", HONEST)
def test_an_honest_notice_stays_one(name: str, servers: tuple[str, ...]) -> None:
    """What looks odd in honest notices is no ground against them."""
    found = recognise.recognise(HONEST[name], _reader("US", *servers))
    assert (found.kind, found.trust is Trust.SUSPECT) == (Kind.VOICEMAIL, False), found.reasons
    assert found.calls[0].wants_callback


@pytest.mark.parametrize(
    ("region", "number"), [("US", "+1 900 555 0162"), ("GB", "0909 555 0123"), ("FR", "0899 70 55 01")]
)
def test_a_costly_caller_is_not_rung_back(region: str, number: str) -> None:
    """A missed call from a premium number stays one, wants no call back and says why."""
    raw = _letter("Phones <no-reply@hosted.example>", f"Missed call from {number}", f"You missed a call from {number}.")
    found = _read(region, raw)
    assert (found.kind, found.trust) == (Kind.MISSED_CALL, Trust.PLAIN)
    assert (found.calls[0].wants_callback, found.calls[0].urgency) == (False, Urgency.LOW)
    assert any("costs more" in reason for reason in found.reasons)


HOSTAGES = {
    ("US", "Log in to listen to your voicemail, or your account will be suspended."),
    ("DE", "Melden Sie sich an, um die Sprachnachricht abzuspielen. Sonst wird Ihr Konto gesperrt."),
    ("FR", "Connectez-vous pour écouter le message vocal, sinon votre compte sera suspendu."),
    ("ES", "Inicie sesión para escuchar el mensaje de voz o su cuenta será bloqueada."),
    ("IT", "Inserisci le credenziali per ascoltare il messaggio vocale, o il tuo account verrà sospeso."),
    ("NL", "Log in om uw voicemail te beluisteren, anders wordt uw account geblokkeerd."),
    ("BR", "Faça login para ouvir a mensagem de voz ou sua conta será suspensa."),
    ("JP", "留守番電話はログインして再生してください。再生されない場合はアカウントを停止いたします。"),
    ("CN", "您有新的语音留言，请登录后收听，否则您的账号即将停用，账号将被停用。"),
}
SECRETS = {
    ("US", "We tried to reach you about a payment. Call us immediately at (212) 555-0155 and have your PIN ready."),
    ("DE", "Überweisung angehalten. Rufen Sie uns sofort an unter 030 23125 999 und halten Sie Ihre PIN bereit."),
    ("FR", "Virement en attente. Composez sans tarder le 01 99 00 47 12 et ayez votre code secret sous la main."),
    ("ES", "Transferencia retenida. Llame ahora al 912 345 678 de inmediato y tenga su PIN a mano."),
    ("IT", "Bonifico sospeso. Chiami subito il 06 5555 0123 e tenga pronto il PIN."),
    ("NL", "Betaling gestopt. Bel direct 085 018 7312 en houd uw pincode bij de hand."),
    ("BR", "Pix retido. Ligue já para (11) 3555-0148 imediatamente e tenha a sua senha em mãos."),
    ("JP", "送金を保留しました。至急 03-5550-0199 までお電話ください。暗証番号をご用意ください。"),
    ("CN", "转账已暂停，请立即致电 021-5555-0188，并准备好密码。"),
}
ERRANDS = {
    ("US", "I am in a meeting and can't take calls. Buy some gift cards for me. I will text you."),
    ("DE", "Ich kann gerade nicht telefonieren. Es geht um eine vertrauliche Überweisung."),
    ("FR", "Je ne peux pas répondre au téléphone. C'est un virement confidentiel."),
    ("ES", "No puedo atender llamadas. Necesito tarjetas de regalo."),
    ("IT", "Non posso rispondere al telefono. Mi servono carte regalo."),
    ("NL", "Ik kan nu niet bellen. Koop een paar cadeaukaarten."),
    ("BR", "Não posso atender agora. Preciso de cartões-presente."),
    ("JP", "電話に出られません。極秘の送金をお願いします。"),
    ("CN", "我不方便接电话，请保密办理一笔转账。"),
}


@pytest.mark.parametrize(("region", "body"), sorted(HOSTAGES))
def test_a_login_for_a_message_with_a_threat_is_phishing(region: str, body: str) -> None:
    """Who wants a login in order to hear a message, else closes an account, is no phone system."""
    mail = _letter("Inbox <info@onsei.example>", "1", f"{body}\nhttps://onsei.example/login")
    assert _read(region, mail).kind is Kind.PHISHING


@pytest.mark.parametrize(("region", "body"), sorted(SECRETS))
def test_a_firm_that_wants_a_secret_on_the_phone_is_phishing(region: str, body: str) -> None:
    """No bank asks for a code to be at hand, and presses for a call to its number."""
    assert _read(region, _letter("Bank <info@bank-alert.example>", "Info", body)).kind is Kind.PHISHING


@pytest.mark.parametrize(("region", "body"), sorted(ERRANDS))
def test_a_secret_errand_is_phishing_from_outside_only(region: str, body: str) -> None:
    """A chief who is not to be rung and wants gift cards is none, unless the mail is from the reader's own domain."""
    assert _read(region, _letter("Chief <chief7@webpost.example>", "Quick one", body)).kind is Kind.PHISHING
    assert _read(region, _letter("Chief <chief@office.example>", "Quick one", body)).kind is not Kind.PHISHING


@pytest.mark.parametrize(
    ("subject", "body", "phishing"),
    [
        ("New voicemail", "From: Jane\nDuration: 0:31\nTo hear it call 1-900-555-0147. $3.99 first min.", True),
        ("Voicemail from IRS (refund $912)", 'From: IRS, 1-900-555-0147\nTranscript: "Please call us back."', True),
        ("New voicemail", 'From: 1-900-555-0147\nTranscript: "You have won a prize, call us back now."', False),
        ("Missed call from LOTTERY DESK (+19005550147)", "Caller: LOTTERY DESK (+1 900 555 0147)", False),
        ("Missed call from (212) 555-0134", "You missed a call from (212) 555-0134. o (212) 555-0100 I", False),
    ],
)
def test_a_premium_number_counts_in_the_words_of_the_notice(subject: str, body: str, phishing: bool) -> None:  # noqa: FBT001 - a column of the table
    """A number that costs is bait where the notice itself speaks for it, not in a caller's name or words."""
    found = _read("US", _letter("Phones <no-reply@hosted.example>", subject, body))
    assert (found.kind is Kind.PHISHING, not found.calls) == (phishing, phishing)


@pytest.mark.parametrize(
    ("region", "number"),
    [("AU", "1300 555 010"), ("DE", "0180 5 550123"), ("JP", "0570-550-123"), ("US", "8005550123")],
)
def test_a_hot_line_is_rung_back(region: str, number: str) -> None:
    """Shared-cost and free numbers are what honest firms call from."""
    raw = _letter("Phones <no-reply@hosted.example>", f"Missed call from {number}", f"You missed a call from {number}.")
    calls = recognise.recognise(raw, Reader(region=region, zone="UTC", addresses=(OWN,))).calls
    assert [call.wants_callback for call in calls] == [True]


@pytest.mark.parametrize(
    ("body", "asks"),
    [
        ("Please call me Bea, everybody does. My desk is (212) 555-0134.", False),
        ("Please call me Beatriz. My desk is (212) 555-0134.", False),
        ("Please call me on (212) 555-0134.\nBea", True),
        ("Can you please call me Beatriz (212) 555-0134", True),
        ("Please call me Thursday on (212) 555-0134", True),
    ],
)
def test_a_writer_who_says_their_name_asks_for_no_call(body: str, asks: bool) -> None:  # noqa: FBT001 - a column of the table
    """The words "call me Bea" are no request where Bea is the writer."""
    found = _read("US", _letter("Beatriz Salgueiro <beatriz@client.example>", "First day", body))
    assert bool(found.calls) is asks


def test_a_costly_number_asked_for_is_not_rung() -> None:
    """A caller who wants to be rung at a premium number is not."""
    raw = _letter("VM <vm@hosted.example>", VM, HEARD + 'Transcript: "Hi, please call me back on 1-900-555-0162 now."')
    call = _read("US", raw).calls[0]
    assert (call.callback_number, call.wants_callback, call.urgency) == ("+19005550162", False, Urgency.LOW)


def test_a_call_from_abroad_is_a_doubt_and_no_refusal() -> None:
    """One ring from another country is a call that wants to be returned, with the doubt said."""
    number = "+33 1 99 00 47 12"
    found = _read(
        "US", _letter("Calls <mc@hosted.example>", f"Missed call from {number}", f"Missed call from {number}")
    )
    assert found.calls[0].wants_callback
    assert any("another country" in reason for reason in found.reasons)


@pytest.mark.parametrize(
    "body",
    [
        "Hi Dana, I was charged twice and did not authorise it. Can you call me back today on (212) 555-0134? Jane",
        "The tax office threatens legal action. Can you call me back immediately on (212) 555-0134? Jane",
    ],
)
def test_a_person_in_trouble_is_no_swindler(body: str) -> None:
    """A person who was charged or threatened, and asks for a call, is believed."""
    found = _read("US", _letter("Jane Roe <jane@client.example>", "Help", body))
    assert found.trust is Trust.PLAIN
    assert found.calls[0].wants_callback


@pytest.mark.parametrize(
    ("sender", "subject", "body", "head"),
    [
        ("Van <up@van.example>", "Our driver tried to call you", "Your parcel is at no. 9. https://van.example/1", ""),
        ("News <n@news.example>", "Never miss a call", "Call us: 1-900-555-0142", "List-Unsubscribe: <https://a/>\n"),
        ("Shop <o@shop.example>", "Order confirmed", "For a refund or to cancel, call us at 1-888-555-0100.", ""),
        ("IT <it@msp.example>", "Fake voicemail e-mails", HEARD + "Do not scan the QR code in it.", ""),
        ("Jira <j@ticket.example>", "(TEL-2) Voicemail twice", HEARD, "X-JIRA-FingerPrint: 7d\n"),
        ("Ann <ann@firm.example>", "Automatic reply: Order", "If urgent, call me on (212) 555-0134.", ""),
        ("Ann <ann@firm.example>", "Order", "I am away, call me on (212) 555-0134.", "Auto-Submitted: auto-replied\n"),
        (
            "PBX <pbx@hosted.example>",
            "Your PIN was changed",
            "If this was not you, sign in at https://hosted.example/",
            "",
        ),
    ],
)
def test_other_mail_is_neither_a_call_nor_phishing(sender: str, subject: str, body: str, head: str) -> None:
    """Deliveries, newsletters, shops, warnings, tickets and automatic answers are none."""
    assert _read("US", _letter(sender, subject, body, head=head)).kind is Kind.NONE


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fa.test%2Fx&data=5", "a.test"),
        ("https://urldefense.proofpoint.com/v2/url?u=https-3A__a.test_x&d=D", "a.test"),
        ("https://urldefense.com/v3/__https://a.test/x__;!!q!r$", "a.test"),
        ("https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fa.test%2fx&c=E", "a.test"),
        ("https://secure-web.cisco.com/1abc/https%3A%2F%2Fa.test%2Fx", "a.test"),
        ("https://protect-eu.mimecast.com/s/Ab12?domain=a.test", "a.test"),
        ("https://a.test/plain", "a.test"),
    ],
)
def test_a_gateway_is_looked_through(url: str, host: str) -> None:
    """A link that a gateway rewrote is judged by where it leads."""
    raw = _letter("a <a@b.example>", "s", f'<a href="{url.replace("&", "&amp;")}">x</a>')
    assert links.gather(codec.parse(raw))[0].host == host


@pytest.mark.parametrize(
    ("host", "weight"),
    [
        ("ringcentral-vmail.example", 2),
        ("rnicrosoft.test", 3),
        ("g00gle.test", 3),
        ("ringcentrall.test", 3),
        ("xn--ggle-55da.com", 3),
        ("office.example.evil.test", 3),
        ("login.office.example", 0),
        ("vodafone.hu", 0),
        ("xn--mller-kva.de", 0),
        ("dialpads.test", 0),
        ("", 0),
        ("xn--", 0),
    ],
)
def test_a_host_that_passes_for_another(host: str, weight: int) -> None:
    """Misspelt, disguised and borrowed names weigh; a firm's own, and letters of one language, do not."""
    like = hosts.copied(host, ("office.example",), load())
    assert (like.weight if like else 0) == weight


@pytest.mark.parametrize("food", ["0", "O1 ", "a@", "(", "https://", "call us ", "1,9 ", "xn--", "&url=https://a.b/"])
def test_hostile_text_is_weighed_in_time(food: str) -> None:
    """Long runs of what the patterns look for neither break them nor hold them up."""
    raw = _letter("Voicemail <v@shop.example>", "voicemail " + food * 300, food * 30_000)
    assert isinstance(scam.grounds(codec.parse(raw), None, _reader("US"), load()), list)
    assert _read("US", raw).kind in Kind


def test_no_head_of_a_call_is_passed_over() -> None:
    """Every corpus mail that reports a call passes the look at its head; a typical newsletter does not."""
    for label in LABELS:
        if label["calls"]:
            assert look.is_candidate(codec.parse((CORPUS / label["file"]).read_bytes()).headers), label["file"]
    news = [("From", "n@news.example"), ("Subject", "Autumn offers"), ("List-Unsubscribe", "<https://a.example>")]
    assert not look.is_candidate(news)

"""What a person wrote stays, and nothing else: five languages, and the forms of the usual mail programs (CV.18)."""

import time

import pytest
from mailparser_reply import EmailReplyParser  # type: ignore[import-untyped]  # it has no types

from antiphon.channels.email.html import text_of
from antiphon.channels.email.quoted import reply_of

OWN = "Yes, that is right.\nI pay tomorrow."
LANGUAGES = ["en", "de", "fr", "nl", "es"]

ATTRIBUTIONS = {
    "en gmail": "On Fri, Nov 20, 2026 at 10:12 AM Harbor <hello@harbor.example> wrote:",
    "en wrapped": "On Fri, Nov 20, 2026 at 10:12 AM Harbor of the Long Name\n<hello@harbor.example> wrote:",
    "en apple": "On 20. Nov 2026, at 10:12, Harbor <hello@harbor.example> wrote:",
    "de gmail": "Am Fr., 20. Nov. 2026 um 10:12 Uhr schrieb Harbor <hello@harbor.example>:",
    "de thunderbird": "Am 20.11.26 um 10:12 schrieb Harbor:",
    "fr gmail": "Le ven. 20 nov. 2026 à 10:12, Harbor <hello@harbor.example> a écrit :",
    "nl gmail": "Op vr 20 nov 2026 om 10:12 schreef Harbor <hello@harbor.example>:",
    "nl apple": "Op 20 nov. 2026, om 10:12 heeft Harbor <hello@harbor.example> het volgende geschreven:",
    "nl other": "Harbor <hello@harbor.example> schreef op 20 nov. 2026 10:12:",
    "es gmail": "El vie, 20 nov 2026 a las 10:12, Harbor (<hello@harbor.example>) escribió:",
    "iso": "2026-11-20 10:12 GMT+01:00 Harbor <hello@harbor.example>:",
}
BLOCKS = {
    "en": "From: Harbor <hello@harbor.example>\nSent: Friday, November 20, 2026 10:12\nTo: Asha\nSubject: Invoice",
    "en bold": "*From:* Harbor\n*Sent:* Friday\n*To:* Asha\n*Subject:* Invoice",
    "de": "Von: Harbor\nGesendet: Freitag, 20. November 2026 10:12\nAn: Asha\nBetreff: Rechnung",
    "fr": "De : Harbor\nEnvoyé : vendredi 20 novembre 2026 10:12\nÀ : Asha\nObjet : Facture",
    "nl": "Van: Harbor\nVerzonden: vrijdag 20 november 2026 10:12\nAan: Asha\nOnderwerp: Factuur",
    "es": "De: Harbor\nEnviado: viernes, 20 de noviembre de 2026 10:12\nPara: Asha\nAsunto: Factura",
    "rule": "________________________________\nFrom: Harbor\nSent: Friday\nTo: Asha",
    "en old": "-----Original Message-----\nFrom: Harbor",
    "de old": "-----Ursprüngliche Nachricht-----\nVon: Harbor",
    "fr old": "-----Message d'origine-----\nDe : Harbor",
    "nl old": "-----Oorspronkelijk bericht-----\nVan: Harbor",
    "es old": "-----Mensaje original-----\nDe: Harbor",
}
SIGNATURES = (
    "-- \nAsha Rao\nDistributor",
    "--\nAsha",
    "Kind regards,\nAsha Rao\n+91 98765 43210",
    "Thanks,\nAsha",
    "Mit freundlichen Grüßen\nAsha Rao",
    "Viele Grüße\nAsha",
    "LG\nAsha",
    "Cordialement,\nAsha",
    "Bien à vous,\nAsha",
    "Met vriendelijke groet,\nAsha",
    "Saludos,\nAsha",
    "Un saludo\nAsha",
    "Sent from my iPhone",
    "Get Outlook for Android<https://aka.ms/x>",
    "Von meinem iPhone gesendet",
    "Gesendet von Outlook für iOS",
    "Envoyé de mon iPhone",
    "Envoyé depuis mon mobile",
    "Verstuurd vanaf mijn iPhone",
    "Enviado desde mi iPhone",
)


@pytest.mark.parametrize("form", sorted(ATTRIBUTIONS))
@pytest.mark.parametrize("quote", ["> Is it right?\n> Do you pay?", ">> deeper\n> Is it right?", "Is it right?"])
def test_what_somebody_else_wrote_goes(form: str, quote: str) -> None:
    assert reply_of(f"{OWN}\n\n{ATTRIBUTIONS[form]}\n\n{quote}\n") == OWN


@pytest.mark.parametrize("form", sorted(BLOCKS))
def test_an_earlier_message_below_goes(form: str) -> None:
    assert reply_of(f"{OWN}\n\n{BLOCKS[form]}\n\nIs it right?\nFrom: x\n") == OWN


@pytest.mark.parametrize("signature", SIGNATURES)
def test_a_signature_goes(signature: str) -> None:
    assert reply_of(f"{OWN}\n\n{signature}\n") == OWN
    assert reply_of(f"{OWN}\n\n{signature}\n\n{ATTRIBUTIONS['en gmail']}\n> Is it right?\n") == OWN


def test_answers_between_quoted_lines_stay() -> None:
    inline = f"{ATTRIBUTIONS['de gmail']}\n> Is it right?\nYes.\n> Do you pay?\nTomorrow.\n"
    assert reply_of(inline) == "Yes.\nTomorrow."
    assert reply_of(f"{ATTRIBUTIONS['en gmail']}\n> Is it right?\n\nYes, below the quote.") == "Yes, below the quote."


@pytest.mark.parametrize(
    "text",
    [
        "Two things:\n- the invoice is wrong\n- I want it corrected",
        "Hola\nGracias, ya pagué ayer.",
        "Thanks,\nbut what about the other invoice?",
        "On Friday I wrote: nothing came.",
        "From: what I see, it is paid.",
        "Le contrat : je l'ai signé.",
        "It is right.\nBest,\nA.\n\nPS: I pay on Monday, not before.",
        "It is right.\nThanks,\nbut when does the other invoice come?",
        "Am 20.11. kam nichts an.",
        "a < b > c",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert reply_of(text) == text


def test_a_mail_of_nothing_but_quotes_stays_as_it_is() -> None:
    assert reply_of("> Is it right?") == "> Is it right?"
    assert reply_of("Kind regards,\nAsha") == "Kind regards,\nAsha"


@pytest.mark.parametrize(
    "page",
    [
        (
            '<div>Yes.</div><br><div class="gmail_quote"><div class="gmail_attr">On Fri, Nov 20, 2026 at 10:12 Harbor '
            "&lt;<a>hello@harbor.example</a>&gt; wrote:<br></div><blockquote>Is it right?</blockquote></div>"
        ),
        '<div>Yes.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> H</div><p>Is it?</p>',
        (
            "<p>Yes.</p><div><p><b>Von:</b> H<br><b>Gesendet:</b> Fr<br><b>An:</b> A<br><b>Betreff:</b> R</p></div>"
            "<p>Stimmt das?</p>"
        ),
        '<div>Yes.</div><blockquote type="cite"><div>On 20. Nov 2026, H wrote:</div><div>Is it?</div></blockquote>',
    ],
)
def test_quotes_in_html_go(page: str) -> None:
    assert reply_of(text_of(page)) == "Yes."


def test_the_library_agrees_where_it_is_right() -> None:
    """mail-parser-reply as a second opinion. It misses Dutch and Spanish ones, and takes lists for signatures."""
    parser = EmailReplyParser(languages=list(LANGUAGES))
    for form in ("en gmail", "en apple", "de gmail", "fr gmail"):
        text = f"{OWN}\n\n{ATTRIBUTIONS[form]}\n> Is it right?\n"
        assert parser.parse_reply(text) == reply_of(text) == OWN


def test_time_grows_with_the_length_alone() -> None:
    """27 KB of this keep the library busy for seconds; ten times as many lines take us ten times as long, at most."""
    text = "On Fri " * 3_000 + "\n" + "On" * 3_000
    began = time.perf_counter()
    for _ in range(10):
        reply_of(text)
    assert time.perf_counter() - began < 0.5

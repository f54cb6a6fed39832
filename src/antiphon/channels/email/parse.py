"""Mails from what each provider's webhook brings. Pure; whatever comes, the outcome is a mail or a typed error."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import orjson

from antiphon.channels.email.failures import MailUnreadable
from antiphon.channels.email.form import Form, form_of
from antiphon.channels.email.mail import MAX_ATTACHMENTS, Attachment, Mail, attachment, clean, line
from antiphon.channels.email.mime import addresses_in, header_text, headers_of, mail_of, recipients_in
from antiphon.channels.email.thread import ids_in


def plain(body: bytes, content_type: str) -> Mail:
    """Our own webhook: {from, text | html, subject, message_id, in_reply_to} (CV.18)."""
    if content_type.partition(";")[0].strip().lower() == "message/rfc822":
        return mail_of(body)
    said = _object(body)
    senders = addresses_in(_text(said, "from"))
    if not senders:
        raise MailUnreadable(reason="`from` is no address")
    if not (_text(said, "text").strip() or _text(said, "html").strip()):
        raise MailUnreadable(reason="`text` or `html` is needed")
    references = said.get("references")
    listed = " ".join(map(str, references[:100])) if isinstance(references, list) else _text(said, "references")
    return Mail(
        sender=senders[0][1],
        sender_name=senders[0][0],
        recipients=tuple(one for _, one in addresses_in(_text(said, "to"))),
        subject=line(_text(said, "subject")),
        text=clean(_text(said, "text")),
        html=clean(_text(said, "html")),
        message_id=_one_id(_text(said, "message_id")),
        in_reply_to=_one_id(_text(said, "in_reply_to")),
        references=ids_in(listed[:8_000]),
        headers=headers_of(_pairs(said.get("headers"))),
    )


def sendgrid(body: bytes, content_type: str) -> Mail:
    """SendGrid's Inbound Parse: the fields of a mail, or the raw one."""
    form = form_of(body, content_type)
    mail = mail_of(form.fields["email"]) if "email" in form.fields else _of_fields(form)
    envelope = _loose(form.get("envelope"))
    sent_to = envelope.get("to")
    recipients = (
        [one for text in sent_to[:50] for _, one in addresses_in(str(text))] if isinstance(sent_to, list) else []
    )
    returns_to = envelope.get("from")
    return replace(
        mail,
        recipients=tuple(dict.fromkeys((*recipients, *mail.recipients))),
        returns_to=line(returns_to) if isinstance(returns_to, str) else mail.returns_to,
        is_forged=_is_forged(spf=form.get("SPF"), dkim=form.get("dkim")),
    )


def _of_fields(form: Form) -> Mail:
    charsets = _loose(form.get("charsets"))

    def said(name: str) -> str:
        return form.get(name, str(charsets.get(name) or "utf-8"))

    headers = headers_of(_header_lines(form.get("headers")))
    return _mail(
        sender=said("from") or headers.get("from", ""),
        to=" ".join((said("to"), said("cc"))),
        subject=said("subject"),
        text=said("text"),
        html=said("html"),
        headers=headers,
        attachments=_renamed(form),
    )


def mailgun(body: bytes, content_type: str) -> Mail:
    """Mailgun's routes: the fields of a mail, or the raw one (`body-mime`)."""
    form = form_of(body, content_type)
    returns_to = line(form.get("sender")) if "sender" in form.fields else None
    if "body-mime" in form.fields:
        mail = mail_of(form.fields["body-mime"])
    else:
        headers = headers_of(_pairs(_loose_list(form.get("message-headers"))))
        mail = _mail(
            sender=form.get("from") or form.get("From") or form.get("sender"),
            to=headers.get("to", ""),
            subject=form.get("subject") or form.get("Subject"),
            text=form.get("body-plain"),
            html=form.get("body-html"),
            headers=headers,
            attachments=form.files,
        )
        mail = replace(mail, stripped=clean(form.get("stripped-text")))
    sent_to = [one for _, one in addresses_in(form.get("recipient"))]
    return replace(
        mail,
        recipients=tuple(dict.fromkeys((*sent_to, *mail.recipients))),
        returns_to=returns_to,
        is_forged=_is_forged(
            spf=mail.headers.get("x-mailgun-spf", ""), dkim=mail.headers.get("x-mailgun-dkim-check-result", "")
        ),
    )


def postmark(body: bytes, _: str = "") -> Mail:
    """Postmark's inbound JSON. Its own MessageID is not the mail's: that one stands among the headers."""
    said = _object(body)
    headers = headers_of(_pairs(said.get("Headers")))
    full = said.get("FromFull")
    sender = _text(full, "Email") if isinstance(full, dict) else ""
    name = line(_text(full, "Name"), 200) if isinstance(full, dict) else ""
    files = said.get("Attachments")
    mail = _mail(
        sender=sender or _text(said, "From"),
        to=" , ".join((_text(said, "OriginalRecipient"), _text(said, "To"), _text(said, "Cc"))),
        subject=_text(said, "Subject"),
        text=_text(said, "TextBody"),
        html=_text(said, "HtmlBody"),
        headers=headers,
        attachments=_postmark_files(files) if isinstance(files, list) else (),
    )
    received_spf = headers.get("received-spf", "")
    return replace(
        mail,
        sender_name=name or mail.sender_name,
        stripped=clean(_text(said, "StrippedTextReply")),
        is_forged=_is_forged(spf=received_spf, dkim=headers.get("authentication-results", "")),
    )


PARSERS: Final[Mapping[str, Callable[[bytes, str], Mail]]] = {
    "plain": plain,
    "sendgrid": sendgrid,
    "mailgun": mailgun,
    "postmark": postmark,
}


def _mail(
    *,
    sender: str,
    to: str,
    subject: str,
    text: str,
    html: str,
    headers: Mapping[str, str],
    attachments: tuple[Attachment, ...],
) -> Mail:
    """A mail of fields that the provider has taken apart."""
    senders = addresses_in(sender)
    if not senders and not headers:
        raise MailUnreadable(reason="it has neither a sender nor headers")
    name, found = senders[0] if senders else ("", "")
    return Mail(
        sender=found,
        sender_name=name,
        recipients=tuple(dict.fromkeys((*(one for _, one in addresses_in(to)), *recipients_in(headers)))),
        subject=header_text(subject),
        text=clean(text),
        html=clean(html),
        message_id=_one_id(headers.get("message-id", "")),
        in_reply_to=_one_id(headers.get("in-reply-to", "")),
        references=ids_in(headers.get("references", "")),
        headers=headers,
        attachments=attachments,
    )


def _one_id(text: str) -> str:
    """A Message-ID with its brackets, with which some callers do not bother."""
    found = ids_in(text[:1_000])
    bare = line(text, 240)
    return (
        found[0] if found else (f"<{bare}>" if bare and " " not in bare and "<" not in bare and ">" not in bare else "")
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except ValueError:
        raise MailUnreadable(reason="it is no JSON") from None
    if not isinstance(found, dict):
        raise MailUnreadable(reason="a JSON object is expected")
    return found


def _loose(text: str) -> dict[str, Any]:
    """A JSON object in a field; an empty one when it is none."""
    try:
        found = orjson.loads(text) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _loose_list(text: str) -> object:
    try:
        return orjson.loads(text) if text else []
    except ValueError:
        return []


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""


def _pairs(listed: object) -> list[tuple[str, str]]:
    """Headers in any of the shapes that JSON gives them: pairs, {Name, Value}, or an object."""
    if isinstance(listed, dict):
        return [(str(name), str(value)) for name, value in list(listed.items())[:300]]
    found: list[tuple[str, str]] = []
    for one in listed[:300] if isinstance(listed, list) else []:
        if isinstance(one, list) and len(one) == 2:
            found.append((str(one[0]), str(one[1])))
        elif isinstance(one, dict):
            found.append((_text(one, "Name"), _text(one, "Value")))
    return found


def _header_lines(text: str) -> list[tuple[str, str]]:
    """Headers as a mail has them; a line that begins with space goes on with the one before."""
    found: list[tuple[str, str]] = []
    for one in text[:100_000].splitlines()[:1_000]:
        if one[:1] in (" ", "\t") and found:
            found[-1] = (found[-1][0], f"{found[-1][1]} {one.strip()}"[:8_000])
        elif ":" in one:
            name, _, value = one.partition(":")
            found.append((name.strip(), value.strip()))
    return found


def _renamed(form: Form) -> tuple[Attachment, ...]:
    """SendGrid's files, with the names and types that it gives apart."""
    told = _loose(form.get("attachment-info"))
    infos = [one for one in told.values() if isinstance(one, dict)]
    if len(infos) != len(form.files):
        return form.files
    return tuple(
        attachment(_text(info, "filename") or one.filename, _text(info, "type") or one.content_type, one.size_bytes)
        for info, one in zip(infos, form.files, strict=True)
    )


def _postmark_files(files: list[Any]) -> tuple[Attachment, ...]:
    def size(one: dict[str, Any]) -> int:
        told = one.get("ContentLength")
        return told if isinstance(told, int) and not isinstance(told, bool) else len(_text(one, "Content")) * 3 // 4

    return tuple(
        attachment(_text(one, "Name"), _text(one, "ContentType"), min(size(one), 2**40))
        for one in files[:MAX_ATTACHMENTS]
        if isinstance(one, dict)
    )


def _is_forged(*, spf: str, dkim: str) -> bool:
    """Whether SPF says no and no DKIM signature says yes. A softfail, or nothing at all, says neither."""
    return spf.strip().lower().startswith("fail") and "pass" not in dkim.lower()

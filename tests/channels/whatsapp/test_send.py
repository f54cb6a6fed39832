"""CV.17, AS.41, AS.42: what Meta is asked to send, over real HTTP."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.channels.whatsapp import WhatsAppSettings
from antiphon.channels.whatsapp.send import parts_of
from antiphon.ports import Choice, Delivery, MessageTemplate
from tests.channels.whatsapp.desk import Desk
from tests.channels.whatsapp.graph_server import Trouble
from tests.channels.whatsapp.recorded import NUMBER_ID, PHONE, USER_ID

REMINDER = MessageTemplate(name="payment_reminder", language="en_US", parameters=("Ada", "INV-1,\n 5 days  late"))


async def test_as_41_a_text_is_sent_under_our_key(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert await desk.send() == Delivery(status="sent", provider_id="wamid.sent1")
    assert desk.meta.sent == [
        {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": PHONE,
            "type": "text",
            "text": {"body": "Hello"},
            "biz_opaque_callback_data": "run-1:0",
        }
    ]
    assert desk.meta.paths == [f"/v25.0/{NUMBER_ID}/messages"]
    assert "sent run-1:0 as wamid.sent1" in caplog.text  # AS.42: every sent message is logged
    assert PHONE not in caplog.text
    assert await desk.channel.healthy()


@pytest.mark.parametrize(
    ("address", "whom"),
    [
        ("+1 (650) 555-1234", {"to": PHONE}),
        ("whatsapp:+16505551234", {"to": PHONE}),
        (USER_ID, {"recipient": USER_ID}),
    ],
)
async def test_numbers_and_user_ids_are_both_written_to(desk: Desk, address: str, whom: dict[str, str]) -> None:
    assert (await desk.send(address=address)).status == "sent"
    (body,) = desk.meta.sent
    assert {name: body[name] for name in ("to", "recipient") if name in body} == whom


@pytest.mark.parametrize(("given_one", "used"), [("999", "999"), ("../me", NUMBER_ID), ("", NUMBER_ID)])
async def test_the_number_that_was_written_to_answers(desk: Desk, given_one: str, used: str) -> None:
    await desk.send(sender_id=given_one)
    assert desk.meta.paths == [f"/v25.0/{used}/messages"]


async def test_a_reply_quotes_what_it_answers(desk: Desk) -> None:
    await desk.send("x " * 3000, reply_to_id="wamid.q")
    first, second = desk.meta.sent
    assert first["context"] == {"message_id": "wamid.q"}
    assert "context" not in second


async def test_a_long_text_goes_in_parts(desk: Desk) -> None:
    text = "\n\n".join(f"Paragraph {number}. " + "word " * 300 for number in range(6))
    delivery = await desk.send(text)
    bodies = [one["text"]["body"] for one in desk.meta.sent]
    assert len(bodies) == 3
    assert all(len(body) <= 4096 for body in bodies)
    assert all(body.startswith("Paragraph") for body in bodies)
    assert " ".join(" ".join(bodies).split()) == " ".join(text.split())
    assert delivery.provider_id == "wamid.sent3"


@given(st.text(st.sampled_from("ab .\n"), max_size=200), st.integers(4, 40))
def test_nothing_is_lost_between_parts(text: str, limit: int) -> None:
    parts = parts_of(text, limit)
    assert all(part and len(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


async def test_up_to_three_short_choices_are_buttons(desk: Desk) -> None:
    choices = (Choice(id="y", title="Yes"), Choice(id="n", title="No"), Choice(id="y", title="Yes"))
    await desk.send("Is that right?", choices=choices)
    (body,) = desk.meta.sent
    assert body["type"] == "interactive"
    assert body["interactive"] == {
        "type": "button",
        "body": {"text": "Is that right?"},
        "action": {
            "buttons": [
                {"type": "reply", "reply": {"id": "y", "title": "Yes"}},
                {"type": "reply", "reply": {"id": "n", "title": "No"}},
            ]
        },
    }


async def test_more_or_longer_choices_are_a_list_and_too_many_are_text(desk: Desk) -> None:
    await desk.send(
        "Which?", choices=tuple(Choice(id=str(at), title=f"Plan number {at} of the whole lot") for at in range(5))
    )
    await desk.send("Which?", choices=tuple(Choice(id=str(at), title=f"Plan {at}") for at in range(11)))
    listed, told = desk.meta.sent
    rows = listed["interactive"]["action"]["sections"][0]["rows"]
    assert [row["id"] for row in rows] == ["0", "1", "2", "3", "4"]
    assert all(len(row["title"]) <= 24 and row["description"].endswith("whole lot") for row in rows)
    assert "11. Plan 10" in told["text"]["body"]


async def test_cv_17_outside_the_window_a_template_is_sent(desk: Desk) -> None:
    assert (await desk.send(hours=25, template=REMINDER)).status == "sent"
    (body,) = desk.meta.sent
    assert body["type"] == "template"
    assert body["template"] == {
        "name": "payment_reminder",
        "language": {"code": "en_US"},
        "components": [
            {
                "type": "body",
                "parameters": [{"type": "text", "text": "Ada"}, {"type": "text", "text": "INV-1, 5 days late"}],
            }
        ],
    }


@pytest.mark.parametrize(
    ("hours", "template", "kind"),
    [
        (1, REMINDER, "text"),
        (1, None, "text"),
        (23.99, REMINDER, "template"),
        (None, REMINDER, "template"),
        (None, None, "text"),
    ],
)
async def test_cv_17_free_text_is_for_an_open_window(
    desk: Desk, hours: float | None, template: MessageTemplate | None, kind: str
) -> None:
    await desk.send(hours=hours, template=template)
    assert [one["type"] for one in desk.meta.sent] == [kind]


async def test_cv_17_without_a_template_a_closed_window_stops(desk: Desk) -> None:
    delivery = await desk.send(hours=25)
    assert (delivery.status, delivery.policy) == ("failed", "stop")
    assert desk.meta.sent == []


async def test_cv_17_a_window_that_has_just_closed_takes_the_template(desk: Desk) -> None:
    desk.meta.refuse(131047)
    assert (await desk.send(hours=23, template=REMINDER)).status == "sent"
    assert [one["type"] for one in desk.meta.sent] == ["text", "template"]


@pytest.mark.parametrize(("text", "address"), [("  ", PHONE), ("Hello", "nobody"), ("Hello", ""), ("Hello", "12")])
async def test_what_cannot_be_sent_is_not_tried(desk: Desk, text: str, address: str) -> None:
    delivery = await desk.send(text, address=address)
    assert (delivery.status, delivery.policy) == ("failed", "stop")
    assert desk.meta.sent == []


async def test_parts_go_on_where_it_is_safe_and_are_never_sent_twice(desk: Desk) -> None:
    desk.meta.troubles += [Trouble(status=200, body=b'{"messages": [{"id": "wamid.a"}]}')]
    desk.meta.refuse(131016, 500)
    assert (await desk.send("x " * 3000)).status == "sent"
    texts = [one["text"]["body"] for one in desk.meta.sent]
    assert len(texts) == 3
    assert texts[1] == texts[2]


async def test_a_text_that_breaks_off_is_parked(desk: Desk) -> None:
    desk.meta.troubles += [Trouble(status=200, body=b'{"messages": [{"id": "wamid.a"}]}')]
    desk.meta.refuse(131026)
    delivery = await desk.send("x " * 3000)
    assert delivery.status == "unknown"
    assert delivery.reason is not None
    assert delivery.reason.startswith("only 1 of 2 parts were sent: it cannot be delivered")


def test_a_base_url_may_name_its_version() -> None:
    assert WhatsAppSettings(base_url="http://x/v23.0/").root == "http://x/v23.0"
    assert WhatsAppSettings(base_url="http://x").root == "http://x/v25.0"
    shown = repr(WhatsAppSettings(access_token="t0ken", app_secret="s3cret", verify_token="w0rd"))
    assert not any(secret in shown for secret in ("t0ken", "s3cret", "w0rd"))

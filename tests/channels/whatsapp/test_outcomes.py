"""AS.42: what is done about each error of Meta's, and about no answer."""

import pytest

from antiphon.channels.whatsapp import WhatsAppChannel, WhatsAppSettings
from antiphon.channels.whatsapp.graph import open_graph
from antiphon.limits.memory import MemoryLimiter
from tests.channels.whatsapp.desk import Desk, outgoing
from tests.channels.whatsapp.graph_server import TOKEN, Trouble
from tests.channels.whatsapp.recorded import NUMBER_ID, PHONE
from tests.server import free_port

CODES = [
    *((code, "retry") for code in (131000, 131016, 130429, 131057, 80007, 4, 2)),
    (131056, "delay"),
    *((code, "park") for code in (190, 131042, 131048, 131031, 132000, 132001, 132012, 132015, 132016, 10, 200, 33)),
    *((code, "stop") for code in (131047, 131026, 131049, 131050, 131052, 131053, 131062, 131030, 100, 999_999)),
]


@pytest.mark.parametrize(("code", "policy"), CODES)
async def test_as_42_a_code_has_a_policy(desk: Desk, code: int, policy: str) -> None:
    desk.meta.refuse(code)
    delivery = await desk.send()
    assert (delivery.status, delivery.policy) == ("failed", policy)
    assert delivery.reason is not None
    assert f"code {code}" in delivery.reason
    assert PHONE not in delivery.reason
    assert len(desk.meta.sent) == 1  # nothing is repeated here


@pytest.mark.parametrize(
    ("status", "policy"), [(429, "retry"), (500, "retry"), (401, "park"), (403, "park"), (400, "stop")]
)
async def test_a_code_that_is_not_known_counts_by_its_status(desk: Desk, status: int, policy: str) -> None:
    desk.meta.refuse(888_888, status)
    assert (await desk.send()).policy == policy


async def test_a_wrong_number_of_ours_is_told(desk: Desk) -> None:
    desk.meta.refuse(100, error_subcode=33)
    delivery = await desk.send()
    assert delivery.policy == "park"
    assert "WHATSAPP_PHONE_NUMBER_ID" in (delivery.reason or "")


async def test_delayed_people_are_left_alone_and_others_are_not(desk: Desk) -> None:
    desk.meta.refuse(131056)
    assert (await desk.send()).retry_after == 6
    desk.ticks.seconds += 2
    again = await desk.send()
    assert (again.policy, again.retry_after) == ("delay", 4)
    assert (await desk.send(address="4915112345678")).status == "sent"
    desk.ticks.seconds += 4
    assert (await desk.send()).status == "sent"
    assert len(desk.meta.sent) == 3


async def test_a_person_gets_ten_messages_a_minute(desk: Desk) -> None:
    statuses = [(await desk.send()).status for _ in range(11)]
    assert statuses.count("sent") >= 10  # eleven, when a minute has just begun
    last = [await desk.send() for _ in range(11)][-1]
    assert (last.status, last.policy) == ("failed", "delay")
    assert 0 < (last.retry_after or 0) <= 60
    assert (await desk.send(address="4915112345678")).status == "sent"


async def test_a_token_that_is_refused_makes_it_unhealthy_for_a_while(desk: Desk) -> None:
    desk.meta.refuse(190, 401)
    await desk.send()
    assert not await desk.channel.healthy()
    desk.ticks.seconds += 60
    assert await desk.channel.healthy()
    desk.meta.refuse(190, 401)
    await desk.send()
    await desk.send()
    assert await desk.channel.healthy()  # it has been let in again


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(cut=True),
        Trouble(hang=True),
        Trouble(status=502, body=b"<html>Bad gateway</html>"),
        Trouble(status=200, body=b"{}"),
        Trouble(status=200, body=b"not json"),
        Trouble(status=200, body=b'{"messages": [{"id": "wamid.a"}], "more": "' + b"x" * 100_000 + b'"}'),
    ],
)
async def test_no_clear_answer_is_unknown_and_not_repeated(desk: Desk, trouble: Trouble) -> None:
    desk.meta.troubles.append(trouble)
    delivery = await desk.send()
    assert delivery.status == "unknown"
    assert len(desk.meta.sent) == 1


async def test_a_redirect_is_not_followed(desk: Desk) -> None:
    desk.meta.troubles.append(Trouble(status=302))
    delivery = await desk.send()
    assert (delivery.status, delivery.policy) == ("failed", "park")


async def test_nobody_there_is_a_failure_that_passes() -> None:
    settings = WhatsAppSettings(
        phone_number_id=NUMBER_ID, access_token=TOKEN, base_url=f"http://127.0.0.1:{free_port()}"
    )
    async with open_graph(settings) as graph:
        delivery = await WhatsAppChannel(graph, settings, MemoryLimiter()).send(outgoing())
    assert (delivery.status, delivery.policy) == ("failed", "retry")

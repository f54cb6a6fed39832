"""Schedules: when they fire next, in which time zone, and which of them never do."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.core.cron import next_fire, unfit_cron

BERLIN, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")
WORKDAYS = "0 10 * * MON-FRI"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_it_fires_in_its_own_time_zone() -> None:
    friday = at("2026-11-20T04:30")  # 10:00 in Kolkata

    assert next_fire(WORKDAYS, KOLKATA, friday - timedelta(seconds=1)) == friday
    assert next_fire(WORKDAYS, KOLKATA, friday) == at("2026-11-23T04:30")
    assert next_fire(WORKDAYS, BERLIN, friday) == at("2026-11-20T09:00")


def test_a_time_that_summer_time_skips_is_made_up_for() -> None:
    assert next_fire("30 2 * * *", BERLIN, at("2026-03-28T12:00")) == at("2026-03-29T01:00")


def test_a_time_that_comes_twice_fires_once() -> None:
    first = next_fire("30 2 * * *", BERLIN, at("2026-10-24T22:00"))

    assert first == at("2026-10-25T00:30")
    assert next_fire("30 2 * * *", BERLIN, first) == at("2026-10-26T01:30")


@given(
    st.integers(min_value=0, max_value=4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    st.sampled_from([WORKDAYS, "30 2 * * *", "*/7 * * * *", "0 0 29 2 *", "15 1-3 * 3,10 SUN"]),
    st.sampled_from([BERLIN, KOLKATA, UTC, ZoneInfo("America/Sao_Paulo"), ZoneInfo("Australia/Lord_Howe")]),
)
def test_it_is_always_later_and_nothing_lies_between(after: datetime, cron: str, zone: ZoneInfo) -> None:
    fires = next_fire(cron, zone, after)

    assert fires is not None
    assert fires > after
    assert fires.utcoffset() == timedelta(0)
    assert next_fire(cron, zone, fires - timedelta(seconds=1)) == fires


@pytest.mark.parametrize(
    ("cron", "reason"),
    [
        ("0 0 30 2 *", "never fires"),
        ("0 0 31 4,6 *", "never fires"),
        ("61 * * * *", "bad minute"),
        ("0 10 * * MON-", "bad day-of-week"),
        ("0 10 * *", "five fields"),
        ("0 0 0 1 1 *", "five fields"),
        ("@daily", "five fields"),
        ("", "five fields"),
    ],
)
def test_what_cannot_be_a_schedule_says_why(cron: str, reason: str) -> None:
    assert reason in (unfit_cron(cron) or "")


def test_the_end_of_time_is_no_error() -> None:
    assert next_fire(WORKDAYS, UTC, datetime.max.replace(tzinfo=UTC)) is None


@given(st.text(max_size=30))
def test_no_text_makes_it_stumble(cron: str) -> None:
    unfit_cron(cron)

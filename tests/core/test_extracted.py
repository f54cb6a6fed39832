"""What a message names (CV.24): sums, days, numbers and addresses, and nothing that is not there."""

import time
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.core.extracted import MOST, extracted

TODAY = date(2025, 3, 5)  # a Wednesday

WORDS = st.sampled_from(
    "₹ Rs. $ 2,50,000 1.250,50 25k lakh on by the 5th 31st Friday next last 3/4 31/02/2025 2025-02-30 in 3 days "
    "month end May 29 February invoice no. INV-2024-1234 PO #4521 UTR a@b.example @ paid will 0 "
    "99999999999999 ٣ ½ \ud800 \0".split()
)


def amounts(text: str) -> list[tuple[Any, Any]]:
    return [(one["value"], one.get("currency")) for one in extracted(text).get("amounts", []) if isinstance(one, dict)]


def days(text: str, today: date | None = TODAY) -> list[str | None]:
    return [one.get("date") for one in extracted(text, today=today).get("dates", []) if isinstance(one, dict)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("paid ₹2,50,000 just now", [(250_000, "INR")]),
        ("Rs. 1,18,000/- by NEFT", [(118_000, "INR")]),
        ("rs500 sent", [(500, "INR")]),
        ("I owe you $1,200.50, no?", [(1200.5, "USD")]),
        ("30,50 € or EUR 1.250,50", [(30.5, "EUR"), (1250.5, "EUR")]),
        ("1,250.00 pounds", [(1250, "GBP")]),
        ("1.2 lakh now and 50k later", [(120_000, None), (50_000, None)]),
        ("2.5 crore", [(25_000_000, None)]),
        ("pay 500 by Friday", [(500, None)]),
        ("paid 25,000", [(25_000, None)]),
        ("paid 3 days ago, call 9876543210", []),
        ("should be 18000 not 22000", []),
        ("8 out of 10, order 5 boxes", []),
    ],
)
def test_sums_of_money(text: str, expected: list[tuple[Any, Any]]) -> None:
    assert amounts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I'll pay tomorrow", "2025-03-06"),
        ("day after tomorrow", "2025-03-07"),
        ("paying this evening", "2025-03-05"),
        ("paid yesterday", "2025-03-04"),
        ("by Friday", "2025-03-07"),
        ("friday", "2025-03-07"),
        ("on Wednesday I will pay", "2025-03-12"),
        ("I will pay on the 5th", "2025-03-05"),
        ("will be done by 4th", "2025-04-04"),
        ("in two weeks", "2025-03-19"),
        ("in 3 days", "2025-03-08"),
        ("will clear it by month end", "2025-03-31"),
        ("28 March", "2025-03-28"),
        ("January 2nd", "2025-01-02"),
        ("15 March 2026", "2026-03-15"),
        ("25/12/2025 and not before", "2025-12-25"),
        ("2025-04-01", "2025-04-01"),
    ],
)
def test_days(text: str, expected: str) -> None:
    assert days(text)[0] == expected


@pytest.mark.parametrize(
    "text",
    ["on Monday I paid it", "next Friday", "3/4/2025", "released on 04/03", "2025-02-30", "next week", "31/02/2025"],
)
def test_a_day_that_is_in_doubt_is_found_and_has_no_date(text: str) -> None:
    assert days(text) == [None]


@pytest.mark.parametrize("text", ["may I ask", "I may 5 times ask", "sun is shining", "10/10 from me", "pay 1.2 lakh"])
def test_what_is_no_day(text: str) -> None:
    assert days(text) == []


def test_without_today_only_a_date_with_a_year_is_one() -> None:
    assert days("tomorrow, Friday, 28 March, in two weeks or 15 March 2026", today=None) == [
        None,
        None,
        None,
        None,
        "2026-03-15",
    ]


def test_a_verb_before_a_day_says_whether_it_is_over() -> None:
    assert days("I paid half on Monday and will pay the rest on Friday") == [None, "2025-03-07"]


def test_numbers_of_invoices_orders_shipments_and_payments() -> None:
    text = "Paid invoice no. 4521 and INV-2024-1234, UTR N324251987654; order #88123 and PO 7781 came as SHIP-3456"
    assert extracted(text) == {
        "invoices": ["4521", "INV-2024-1234"],
        "orders": ["88123", "7781"],
        "shipments": ["SHIP-3456"],
        "payments": ["N324251987654"],
    }


def test_an_invoice_number_is_no_sum_and_no_day() -> None:
    assert extracted("paid inv-2024-03-05 today", today=TODAY) == {
        "dates": [{"text": "today", "date": "2025-03-05"}],
        "invoices": ["INV-2024-03-05"],
    }


def test_addresses() -> None:
    assert extracted("write to Jo@Example.com, jo@example.com or @home") == {"emails": ["jo@example.com"]}


def test_of_a_table_only_the_beginning_is_told() -> None:
    assert len(amounts(" ".join(f"${number}" for number in range(1, 100)))) == MOST


@given(st.one_of(st.text(max_size=300), st.lists(WORDS, max_size=30).map(" ".join)), st.none() | st.dates())
def test_it_never_raises_and_tells_what_json_can_hold(text: str, today: date | None) -> None:
    found = extracted(text, today=today)
    assert found.keys() <= {"amounts", "dates", "invoices", "orders", "shipments", "payments", "emails"}
    assert all(found.values())
    for amount in (one for one in found.get("amounts", []) if isinstance(one, dict)):
        assert amount["text"] in text


@pytest.mark.parametrize("part", [" ", "1", "$", "1,", "inv ", "a@", "on 1/", "by ", "paid 1", "inv-1"])
def test_time_grows_with_the_text_and_no_further(part: str) -> None:
    begun = time.perf_counter()
    extracted(part * (1_000_000 // len(part)), today=TODAY)
    assert time.perf_counter() - begun < 0.5  # 20 ms where it was written

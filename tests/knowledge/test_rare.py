"""Rare identifiers: which words are given to the text search."""

import pytest

from antiphon.knowledge.rare import Rarity, identifiers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("error E-4012", {"e4012"}),
        ("what does e4012 mean", {"e4012"}),
        ("part SKU-123-AB please", {"sku123ab"}),
        ("it says ERR_CONN_RESET", {"errconnreset"}),
        ("is maxRetries a setting", {"maxretries"}),
        ("error 404", {"404"}),
        ("ticket 12345678", {"12345678"}),
        ("does AES-256 apply", {"aes256"}),
        ("how much is the Pro plan", set()),
        ("is it $29 or $79/month", set()),
        ("do you have 24/7 support in 2024", set()),
        ("4K, 1080p, 60fps, 10 GB and 10GB", set()),
        ("within 7 days or on 2024-05-01", set()),
        ("pay-as-you-go sign-up by e-mail", set()),
        ("write to joe99@mail.example or https://x.example/a1b2", set()),
        ("YouTube and LinkedIn", set()),
    ],
)
def test_identifiers_are_told_by_their_shape(text: str, expected: set[str]) -> None:
    assert identifiers(text) == expected


def test_rare_is_what_few_passages_hold_in_the_way_that_they_write_it() -> None:
    rarity = Rarity(["E-4012 is a declined card.", "HTTP 429 is too many.", *["MP4 is fine."] * 20])
    assert rarity.rare("what is e4012?") == {"e4012": ["E-4012"]}
    assert rarity.rare("can I use MP4") == {}
    assert rarity.rare("what is E-1?") == {}


def test_an_identifier_is_missed_where_others_of_its_kind_are_known() -> None:
    rarity = Rarity(["E-4012 is a declined card.", "HTTP 429 is too many."])
    assert rarity.unknown("what is E-9999 and HTTP 503") == ["E-9999", "503"]
    assert rarity.unknown("E-4012") == []
    assert rarity.unknown("where is my order AB-1234, I called from 5550123456") == []

# ruff: noqa: S608  # the conditions in the statements are this file's own
"""`antiphon audit show`: the story of a conversation, for a person."""

from tests.cli.command import Ran, antiphon
from tests.cli.stores import StoreFile

AT = "WHERE tenant = 'default' AND conversation_id = ? AND sequence = ?"


def show(store: StoreFile, wanted: str) -> Ran:
    return antiphon("audit", "show", wanted, "--data", store.folder)


def test_the_whole_story_is_told(whole: StoreFile) -> None:
    ran = show(whole, "ann")
    assert ran.status == 0
    for told in (
        f"Conversation {whole.conversation_of('ann')}",
        "pack: shop, begun under version 1.0",
        "known as: ann (shop/session)",
        "lead: LEAD-00001",
        "1 2026-01-01 09:01:00 said What does plan 0 cost?",
        "4 2026-01-01 09:01:00 answered It costs $5. 🌻",
        "decided follows_intent: pricing (93%), worked on by answers",
        "before it leaves_form did not apply",
        "intents pricing 93%, greeting 5%",
        "versions pack: 1.0+abc, model: words",
        "knowledge answer to “plan 3”",
        "0.81 kb#1 “Plan: $5.”",
        "0.31 kb#2",
        "form lead is done",
        "filled email: ann@example.com",
        "lead LEAD-00001: email: ann@example.com",
    ):
        assert told in ran.out, told
    assert ran.out.count("said What does plan") == 4
    assert ran.out.count("\nrun ") == 5


def test_a_conversation_is_found_by_its_id_too(whole: StoreFile) -> None:
    assert show(whole, whole.conversation_of("bob")).out == show(whole, "bob").out


def test_what_a_person_wrote_is_no_markup(store: StoreFile) -> None:
    store.change(("UPDATE conversations SET address = '[bold]x[/bold]' WHERE address = 'bob'", ()))
    assert "known as: [bold]x[/bold]" in show(store, store.conversation_of("[bold]x[/bold]")).out


def test_what_was_erased_is_said_to_be(store: StoreFile) -> None:
    store.change((f"UPDATE events SET payload = NULL, key = NULL {AT}", (store.conversation_of("bob"), 1)))
    assert "1 2026-01-01 09:05:00 message_received: erased" in show(store, "bob").out


def test_several_conversations_of_an_address_are_listed(store: StoreFile) -> None:
    other = (
        "INSERT INTO addresses (tenant, space, address, contact_id)"
        " SELECT tenant, 'email', 'bob', contact_id FROM addresses WHERE address = 'ann'"
    )
    store.change((other, ()))
    ran = show(store, "bob")
    assert ran.status == 0
    assert "bob has several conversations" in ran.out
    assert all(store.conversation_of(address) in ran.out for address in ("ann", "bob"))


def test_nobody_knows_says_so(whole: StoreFile) -> None:
    ran = show(whole, "nobody")
    assert (ran.status, ran.out) == (1, "")
    assert "Conversation nobody was not found." in ran.err


def test_an_event_that_cannot_be_read_is_named(store: StoreFile) -> None:
    store.change((f"UPDATE events SET digest = 'x' {AT}", (store.conversation_of("bob"), 2)))
    ran = show(store, "bob")
    assert ran.status == 1
    assert "event 2: its digest is str" in ran.err

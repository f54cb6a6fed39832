"""What the simulated people say: questions that were never asked before, or a few that everybody asks."""

from collections.abc import Iterator
from itertools import count, cycle, islice

MET = (
    "Hi there!",
    "What are your pricing plans?",
    "Do you support 4K videos?",
    "What is your refund policy?",
    "Can I cancel my subscription at any time?",
    "Are AI captions included in the Pro plan?",
    "How do I contact support?",
    "How many videos can I edit with the Basic plan?",
)

MET_INQUIRIES = (
    "Which integrations do you support? We work with Slack and Salesforce.",
    "We have budget approved for 200 seats and want to buy this week. Can you show us a demo tomorrow?",
    "All our production workflows are down since this morning and we are losing money every minute!",
    "How do I get a refund? I bought the wrong plan yesterday.",
    "Is there a discount when we pay for a year?",
    "The export button does nothing since your last release. Can you have a look?",
    "We were charged twice in October. Please correct the invoice.",
    "Do you have a SOC 2 report that you can share with our security team?",
)

OPENINGS = ("so", "also,", "please,", "quick question:", "hello,", "sorry,", "hm,", "one more:", "okay,", "hey,", "and")
TOPICS = (
    "what does the Pro plan cost",
    "do captions work in Spanish",
    "how are refunds handled",
    "is 4K export included",
    "how many videos has the Basic plan",
    "does support answer at night",
    "how do I change my plan",
    "what happens to my footage",
    "is there a free trial",
    "how fast is the editing",
    "which formats can I upload",
    "can I cancel early",
    "is there a yearly discount",
)
KINDS = (
    "small",
    "busy",
    "local",
    "young",
    "Danish",
    "rural",
    "retired",
    "mobile",
    "famous",
    "curious",
    "careful",
    "seasonal",
    "private",
    "public",
    "remote",
    "friendly",
    "part-time",
)
PEOPLE = (
    "teacher",
    "filmmaker",
    "bakery",
    "club",
    "podcast",
    "traveller",
    "editor",
    "charity",
    "streamer",
    "museum",
    "cook",
    "newspaper",
    "studio",
    "agency",
    "band",
    "brewery",
    "dentist",
    "gardener",
    "hotel",
)

PLACES = (OPENINGS, TOPICS, KINDS, PEOPLE)
# 46,189 questions of some 14 tokens, as long as people's are. The lengths are four primes, so that counting on in
# every list at once comes through all combinations before the first one comes again.
FRESH = len(OPENINGS) * len(TOPICS) * len(KINDS) * len(PEOPLE)


def fresh(number: int) -> str:
    """The question of that number. Different numbers have different texts, and neighbours share no part."""
    opening, topic, kind, person = (parts[number % len(parts)] for parts in PLACES)
    again = f" of {number // FRESH + 1}" if number >= FRESH else ""
    return f"{opening} {topic} for a {kind} {person}{again}?"


def fresh_from(start: int, step: int) -> Iterator[str]:
    """Questions nobody else asks: `step` callers, each beginning at a `start` of its own."""
    return (fresh(number) for number in count(start, step))


def met_from(start: int) -> Iterator[str]:
    """The questions that everybody asks, for ever, beginning anywhere."""
    return islice(cycle(MET), start % len(MET), None)


def met_inquiries_from(start: int) -> Iterator[str]:
    """The inquiries that everybody has, for ever, beginning anywhere."""
    return islice(cycle(MET_INQUIRIES), start % len(MET_INQUIRIES), None)


def inquiry_fields(body: str) -> dict[str, str]:
    """An inquiry with that body, as a form on a website would send it."""
    return {"sender_name": "Ada Lovelace", "sender_email": "ada@example.com", "subject": "A question", "body": body}

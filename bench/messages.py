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

OPENINGS = (
    "can you tell me",
    "I would like to know",
    "quick question:",
    "could you explain",
    "my colleague asked",
    "I am wondering",
    "before I decide,",
    "hello,",
    "sorry to ask again but",
    "one more thing:",
    "our team needs to know",
)
TOPICS = (
    "what the Pro plan costs",
    "whether captions work in Spanish",
    "how refunds are handled",
    "if 4K export is included",
    "how many videos the Basic plan has",
    "whether support answers at night",
    "how I change my plan",
    "what happens to my footage",
    "if a free trial exists",
    "how fast the editing is",
    "which formats I can upload",
    "whether I can cancel early",
    "if there is a yearly discount",
)
PEOPLE = (
    "for a teacher",
    "for two wedding filmmakers",
    "for my small bakery",
    "for a football club",
    "for our podcast",
    "for a travel channel",
    "for a freelance editor",
    "for our charity",
    "for a gaming stream",
    "for my brother",
    "for a cooking show",
    "for a museum",
    "for a school newspaper",
    "for a yoga studio",
    "for an estate agent",
    "for a hiking blog",
    "for a local band",
)
OCCASIONS = (
    "before the summer starts",
    "after a long shoot",
    "while we are travelling",
    "when the internet is slow",
    "if nobody has edited before",
    "during a busy week",
    "as soon as we launch",
    "without a credit card",
    "on an old laptop",
    "with three cameras",
    "on a tight budget",
    "when files are very large",
    "in the first month",
    "once our series ends",
    "with a shared account",
    "over a weekend",
    "for vertical clips",
    "with background music",
    "and a second language",
)

PLACES = (OPENINGS, TOPICS, PEOPLE, OCCASIONS)
FRESH = len(OPENINGS) * len(TOPICS) * len(PEOPLE) * len(OCCASIONS)  # 46,189: four primes, so that a stride of 1
# in every place at once comes through all combinations before the first comes again


def fresh(number: int) -> str:
    """The question of that number. Different numbers have different texts, and neighbours share no part."""
    opening, topic, who, when = (parts[number % len(parts)] for parts in PLACES)
    again = f" (asked {number // FRESH + 1} times)" if number >= FRESH else ""
    return f"{opening} {topic} {who} {when}{again}?"


def fresh_from(start: int, step: int) -> Iterator[str]:
    """Questions nobody else asks: `step` callers, each beginning at a `start` of its own."""
    return (fresh(number) for number in count(start, step))


def met_from(start: int) -> Iterator[str]:
    """The questions that everybody asks, for ever, beginning anywhere."""
    return islice(cycle(MET), start % len(MET), None)

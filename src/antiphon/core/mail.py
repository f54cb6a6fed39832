"""Mail: a message with a subject and a sender, and what it is about without its courtesies.

A letter says what it wants in two or three of its sentences. The rest (salutation, signature, the letter that is
answered, good wishes) makes two letters about different things look alike, and costs time to read.
"""

import re

from antiphon.core.change import Change
from antiphon.core.names import Facts

READ_CHARS = 6_000  # of a letter; more than the longest that is accepted at the door
GIST_WORDS = 38  # subject included; a longer text costs more to understand and is understood worse
GIST_CHARS = 500  # for words without spaces
NAME_WORDS = 4  # a last line this short, without a full stop, is a name or a title
CLOSING_CHARS = 80  # a longer line is no "kind regards"
WRAPPED_CHARS = 50  # a line this long was most likely broken by a mail program, and its sentence goes on

_QUOTED = re.compile(
    r"^\s*>|^\s*On .{5,80} wrote:\s*$|^-{2,}\s*(?:Original|Forwarded) message|^Sent from my ", re.IGNORECASE
)
_SIGNED = re.compile(
    r"^(?:--+|(?:(?:many |best |kind |warm |with )*(?:thanks|thank you|thx|regards|wishes|cheers|best|sincerely|br|"
    r"yours(?: \w+)?|greetings|respectfully|ta|cordially|mit freundlichen grüßen|vg|lg)"
    r"(?: (?:and|a lot|so much|again|in advance|kind|best|regards|you|for your (?:help|time)|everyone|all))*))"
    r"[\s,.!]*(?:(?-i:[A-Z])[\w.'’-]*\s?){0,3}$",
    re.IGNORECASE,
)
_SALUTED = re.compile(
    r"^(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|greetings|to whom it may concern|hallo|hola)\b"
    r"(?:[ ,/]+(?:there|all|both|everyone|everybody|folks|guys|team|again|sir|madam|or|and|mr|mrs|ms|dr|"
    r"(?-i:[A-Z])[\w'’.-]*)\b\.?)*\s*[,!.:;–-]*\s*",
    re.IGNORECASE,
)
_COURTESY = re.compile(
    r"^(?:i |we |just )?(?:hope (?:you|this|all|everything)|trust (?:you|this)|how are you|i['’]?m well|"
    r"thanks?(?: you)?(?: (?:so much|a lot|again|in advance|for (?:your|the|reading|taking|any|looking)[\w ]{0,40}))?"
    r"[.!]*$|"
    r"(?:i )?(?:look(?:ing)?|am looking) forward to (?:hearing|your)|let me know if you need (?:any|more)|"
    r"my name is [\w .'’-]{2,40}$|any help (?:is|would be) (?:much |greatly )?appreciated)",
    re.IGNORECASE,
)
_ANSWERS = re.compile(r"^(?:(?:re|fwd?|aw|wg)\s*:\s*)+", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+|\n+")
_WISH = re.compile(
    r"\?|\b(?:please|pls|can you|could you|would you|we(?:['’]d| would)? (?:need|want|like)|i(?:['’]d| would)? "
    r"(?:need|want|like)|looking (?:for|to|at|into)|interested|how (?:do|can|much|long)|wondering|let me know|"
    r"(?:does|do|did|is|has|can|could|was|were)(?:n['’]?t| not)|cannot|error|fail\w*|broken|stuck|unable|"
    r"charged|refund\w*|cancel\w*|unacceptable|disappointed|demand|urgent\w*|asap|never|still)\b",
    re.IGNORECASE,
)


def is_mail(change: Change) -> bool:
    """Whether a change came with a subject."""
    return bool(change.data.get("subject"))


def sender(change: Change) -> Facts:
    """Who wrote: what replies may call them and their letter. Empty texts for what is not known."""
    name = " ".join(str(change.data.get("sender_name") or "").split())
    return {
        "sender_name": name,
        "sender_email": str(change.data.get("sender_email") or ""),
        "subject": str(change.data.get("subject") or ""),
    }


def gist(change: Change) -> str:
    """What a letter is about: its subject and the sentences that say what is wanted, in their order."""
    subject = _ANSWERS.sub("", " ".join(str(change.data.get("subject") or "").split()[:GIST_WORDS]))
    said = [sentence for sentence in _SENTENCE.split(_body(change)) if _says_something(sentence)]
    kept = [said[place] for place in sorted(_telling(said, GIST_WORDS - len(subject.split())))]
    ended = subject if not subject or subject[-1] in ".?!…" else f"{subject}."
    return _cut(f"{ended} {' '.join(kept)}")


def _body(change: Change) -> str:
    """What the sender wrote, a paragraph or a list's item on each line; without salutation, signature and quotes."""
    text = change.value[:READ_CHARS]
    subject = str(change.data.get("subject") or "")
    if subject and text.startswith(subject):
        text = text[len(subject) :]
    lines: list[str] = []
    for line in map(str.strip, text.strip().split("\n")):
        if _QUOTED.match(line) or (lines and len(line) <= CLOSING_CHARS and _SIGNED.match(line)):
            break  # whatever follows is a signature or somebody else's letter
        lines.append(line)
    lines = _without_name(lines)
    if len(lines) > 1 or len(text.split()) > NAME_WORDS:  # "hello there" alone is all that was said
        lines[:1] = [_SALUTED.sub("", line, count=1) for line in lines[:1]]
    body = ""
    for line in lines:
        wrapped = len(body) - body.rfind("\n") > WRAPPED_CHARS and line
        body += f" {line}" if wrapped else f"\n{line}"
    return body


def _without_name(lines: list[str]) -> list[str]:
    """Lines without the names and titles at the end that no greeting announces."""
    end = len(lines)
    while end > 1 and len(lines[end - 1].split()) <= NAME_WORDS and not re.search(r"[.?!…]$", lines[end - 1]):
        end -= 1
    return lines[:end]


def _says_something(sentence: str) -> bool:
    return bool(re.search(r"\w", sentence)) and _COURTESY.match(sentence.strip()) is None


def _telling(said: list[str], words: int) -> list[int]:
    """Places of the sentences that fit into so many words: wishes first, then the others as they come."""
    order = sorted(range(len(said)), key=lambda place: (_WISH.search(said[place]) is None, place))
    kept: list[int] = []
    for place in order:
        size = len(said[place].split())
        if size <= words or not kept:
            kept.append(place)
            words -= size
    return kept


def _cut(text: str) -> str:
    return " ".join(text.split()[:GIST_WORDS])[:GIST_CHARS].strip()

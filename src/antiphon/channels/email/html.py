"""The text of an HTML mail. One pass, whose time grows with the length alone, whatever the markup is."""

import html
import re
import string

_NAME = re.compile(r"/?[A-Za-z][A-Za-z0-9:-]{0,30}")
_SMALL = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)  # lower() may change the length
_CUTTING = ("divrplyfwdmsg", "appendonsend", "yahoo_quoted")  # all that follows is quoted
_HIDDEN = frozenset({"script", "style", "head", "title", "template", "noscript"})
_BREAKS = frozenset(
    {"br", "p", "/p", "div", "/div", "tr", "/tr", "li", "/ul", "/ol", "h1", "h2", "h3", "h4", "/h1", "/h2", "/h3"}
    | {"/h4", "table", "/table", "hr", "blockquote", "/blockquote", "pre", "/pre"}
)
_SPACES = re.compile(r"[ \t\xa0\u200b]+")
_LINES = re.compile(r"\n{3,}")
MAX_QUOTES = 20  # levels that are shown; deeper ones look the same


class _Text:
    """What has been seen so far."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.depth = 0  # of quotes

    def say(self, text: str) -> None:
        if text:
            self.line.append(text)

    def end_line(self) -> None:
        said = _SPACES.sub(" ", html.unescape("".join(self.line)).replace("\n", " ")).strip()
        self.line = []
        self.lines.append(f"{'>' * min(self.depth, MAX_QUOTES)} {said}" if self.depth else said)


def text_of(markup: str) -> str:
    """The words of an HTML text. Quotes get `>` before each line; what no reader sees is left out."""
    seen, small, at = _Text(), markup.translate(_SMALL), 0
    while at < len(markup):
        start = markup.find("<", at)
        if start < 0:
            seen.say(markup[at:])
            break
        seen.say(markup[at:start])
        if markup.startswith("<!--", start):
            end = markup.find("-->", start + 4)
            at = len(markup) if end < 0 else end + 3
            continue
        name = _NAME.match(small, start + 1)
        if name is None and not markup.startswith(("<!", "<?"), start):
            seen.say("<")
            at = start + 1
            continue
        end = markup.find(">", start)
        if end < 0:
            break  # the mail ends in the middle of a tag
        tag, attributes, at = name.group() if name else "", small[start : min(end, start + 500)], end + 1
        if tag in _HIDDEN:
            at = _after(small, tag, at)
        elif any(mark in attributes for mark in _CUTTING):
            break
        else:
            _see(seen, tag)
    seen.end_line()
    return _LINES.sub("\n\n", "\n".join(seen.lines)).strip()


def _see(seen: _Text, tag: str) -> None:
    if tag in _BREAKS:
        seen.end_line()
    if tag == "blockquote":
        seen.depth += 1
    elif tag == "/blockquote":
        seen.depth = max(0, seen.depth - 1)
    elif tag == "li":
        seen.say("- ")
    elif tag in ("td", "th"):
        seen.say(" ")


def _after(small: str, tag: str, at: int) -> int:
    """Where what nobody sees ends; at the end of the mail when it does not."""
    end = small.find(f"</{tag}", at)
    if end < 0:
        return len(small)
    close = small.find(">", end)
    return len(small) if close < 0 else close + 1

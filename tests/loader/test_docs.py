"""The page that teaches how to write a pack: its example loads, its table of errors is true."""

import re
from pathlib import Path

from antiphon.core.change import Change
from antiphon.core.form import read
from antiphon.engine.receive import Request
from antiphon.loader import load_pack
from antiphon.settings import Settings
from antiphon.wiring import open_service
from tests.loader.conftest import Problems

PAGE = Path(__file__).parents[2] / "docs" / "packs.md"
FILES = re.compile(r"<!-- file: (?P<name>\S+) -->\n```\w+\n(?P<text>.*?)```", re.DOTALL)


def bakery(folder: Path) -> Path:
    for match in FILES.finditer(PAGE.read_text(encoding="utf-8")):
        file = folder / match["name"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(match["text"], encoding="utf-8")
    return folder


def test_the_bakery_loads(tmp_path: Path) -> None:
    pack = load_pack(bakery(tmp_path))

    assert pack.definition.name == "bakery"
    assert [file.name for file in pack.knowledge_files] == ["bakery.md"]
    form = pack.definition.forms["cake_order"]
    assert read(form, "one apple pie please", None, {}).filled == {"cake": "Apple cake"}


def test_errors_of_the_page_are_told_like_that(tmp_path: Path, problems: Problems) -> None:
    folder = bakery(tmp_path)
    main = folder / "pack.yaml"
    main.write_text(main.read_text().replace('"1.0"', "1.0").replace("fallback: counter", "fallback: countr"))
    replies = folder / "replies.yaml"
    replies.write_text(replies.read_text().replace("Thank you, {{ name }}", "Thank you, {{ nmae }}"))

    told = [re.sub(r":\d+:", ":", problem, count=1) for problem in problems(folder)]
    page = re.sub(r":\d+: ", ": ", PAGE.read_text(encoding="utf-8"))
    assert len(told) == 3
    assert all(problem in page for problem in told), told


async def test_the_bakery_talks(tmp_path: Path) -> None:
    """A pack written only from the page answers, fills its form, and takes the order."""
    pack = load_pack(bakery(tmp_path / "bakery"))
    async with open_service(Settings(data_dir=tmp_path / "data"), packs=[pack]) as service:

        async def say(text: str) -> str:
            change = Change(kind="message", value=text)
            answered = await service.respond(Request(pack="bakery", change=change, space="test", address="ann"))
            return answered.outcome.reply or ""

        assert "Anna" in await say("Hello")
        assert "Tuesday to Saturday" in await say("Are you open on Sundays?")
        assert "cake" in (await say("I'd like to order a cake")).lower()
        assert "name" in (await say("apple pie")).lower()
        assert "phone" in (await say("Ann Smith")).lower()
        done = await say("0151 2345678")
        (lead,) = await service.engine.store.leads("bakery")
        assert lead.lead.values == {"cake": "Apple cake", "name": "Ann Smith", "phone": "01512345678"}
        assert "Ann" in done

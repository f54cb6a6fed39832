"""CV.39: the settings file: its sections, its problems by file and line, and that no secret of it is ever shown."""

from pathlib import Path

import pytest

from antiphon.core.errors import SettingsInvalid
from antiphon.settings_file import SettingsFile, read_settings_file
from tests.settings.conftest import Read, Told, Write

EXAMPLE = Path(__file__).parents[2] / "config" / "settings.example.yaml"
CONVERSE = Path(__file__).parents[2] / "packs" / "converse"


def test_cv40_the_example_loads_with_nothing_set() -> None:
    file = read_settings_file({"CONVERSE_CONFIG": str(EXAMPLE)})

    assert file.file == str(EXAMPLE)
    assert file.llm is not None
    assert file.llm.provider == "local"
    assert file.backend.base_url == ""
    assert {name for name, channel in file.channels.items() if channel.enabled} == {"chat"}


def test_cv39_the_example_shows_every_section_and_key() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")

    assert all(f"\n{name}:" in text or f"\n# {name}:" in text for name in SettingsFile.model_fields if name != "file")
    assert all(f"{key}:" in text for section in ("llm", "database", "queue") for key in _keys(section))


def _keys(section: str) -> list[str]:
    whole = SettingsFile.model_json_schema()
    return list(whole["$defs"][f"{section.title()}Section"]["properties"])


def test_cv40_the_example_with_everything_set() -> None:
    given = {
        "CONVERSE_LLM_PROVIDER": "anthropic",
        "CONVERSE_LLM_API_KEY": "k",
        "BACKEND_URL": "https://api.example.com",
        "BACKEND_API_TOKEN": "t",
        "EMAIL_ENABLED": "true",
        "EMAIL_SMTP_HOST": "smtp.example.com",
        "EMAIL_SMTP_USERNAME": "u",
        "EMAIL_SMTP_PASSWORD": "p",
        "BUSINESS_TIMEZONE": "Asia/Kolkata",
    }
    file = read_settings_file({"CONVERSE_CONFIG": str(EXAMPLE), **given})

    assert file.timezone == "Asia/Kolkata"
    assert file.backend.auth_credentials["token"].get_secret_value() == "t"
    assert file.channels["email"].enabled
    assert file.channels["email"].credentials["smtp_password"].get_secret_value() == "p"

    del given["BACKEND_API_TOKEN"]
    with pytest.raises(SettingsInvalid, match="BACKEND_API_TOKEN"):
        read_settings_file({"CONVERSE_CONFIG": str(EXAMPLE), **given})


def test_without_a_file_there_are_defaults() -> None:
    assert read_settings_file({}) == SettingsFile()


def test_a_file_that_is_named_must_be_there() -> None:
    with pytest.raises(SettingsInvalid, match=r"nowhere\.yaml: there is no such file; CONVERSE_CONFIG names it"):
        read_settings_file({"CONVERSE_CONFIG": "nowhere.yaml"})


def test_a_link_is_followed(write: Write, tmp_path: Path) -> None:
    """As a ConfigMap is mounted."""
    write("app_name: Shop", "elsewhere/data.yaml")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.yaml").symlink_to(tmp_path / "elsewhere" / "data.yaml")

    assert read_settings_file({}).app_name == "Shop"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("appname: x", "config/settings.yaml:1: unknown field `appname`; did you mean `app_name`?"),
        (
            "llm:\n  provider: local\n  tempature: 1",
            "config/settings.yaml:3: unknown field `tempature` in `llm`; did you mean",
        ),
        ("llm: {provider: claude}", "config/settings.yaml:1: `llm.provider`: expected anthropic, openai"),
        (
            "database:\n  store_backend: mysql",
            "config/settings.yaml:2: `database.store_backend`: expected sql, memory or file",
        ),
        ("timezone: Berlin", "config/settings.yaml:1: `timezone`: "),
        ("timezone: ../../etc/passwd", "there is no time zone"),
        (
            "channels:\n  email:\n    enabeld: true",
            "config/settings.yaml:3: unknown field `enabeld` in `channels.email`; did",
        ),
        ("channels: [email]", "config/settings.yaml:1: `channels`: expected fields"),
        ("backend:\n  auth_type: digest", "config/settings.yaml:2: `backend.auth_type`: expected none, bearer"),
        ("backend: {endpoints: {get_contact: {path: /x, methode: GET}}}", "unknown field `methode`"),
        ("secret_key: 12345", "config/settings.yaml:1: `secret_key`: expected a text; write it in quotes"),
        ("queue: {consumer_concurrency: many}", "`queue.consumer_concurrency`: "),
        ("file: x", "config/settings.yaml:1: unknown field `file`"),
        ("- a list", "config/settings.yaml:1: expected fields such as"),
        ("a: [", "config/settings.yaml:2: not YAML"),
        ("", "config/settings.yaml: the file is empty"),
        ("debug: true\ndebug: false", "config/settings.yaml:2: the key `debug` stands twice"),
        ("rules: [5]", "config/settings.yaml:1: `rules`: expected an entry, or the name"),
        ("rules: [nowhere.yaml]", "config/settings.yaml:1: `config/nowhere.yaml` is not a file"),
        (
            "rules:\n  - id: late\n    trigger: {type: noon}\n    actions: [{type: escalate}]",
            "config/settings.yaml:3: `trigger.type`: expected",
        ),
        ("state_maps: [[]]", "config/settings.yaml:1: `state_maps`: expected an entry"),
        ("app_name: ${X", "config/settings.yaml:1: `app_name`: `${` is no variable"),
    ],
)
def test_cv39_what_is_wrong_is_told_with_its_line(told: Told, text: str, problem: str) -> None:
    assert problem in "\n".join(told(text))


def test_all_problems_are_told_together(told: Told) -> None:
    assert len(told("a: 1\nsecret_key: ${NO}\ntimezone: Mars\nrules: [x.yaml]\n")) == 4


SECRETS = """\
secret_key: hush-1
llm: {provider: anthropic, api_key: hush-2}
database: {url: "postgresql://ann:hush-3@localhost/x", redis_url: "redis://:hush-4@localhost"}
queue: {backend: redis, redis_url: "redis://:hush-5@localhost"}
backend:
  base_url: https://x
  auth_credentials: {token: "${TOKEN}"}
  options: {password: hush-7}
channels: {email: {enabled: true, credentials: {password: hush-8}}}
"""


def test_cv40_secrets_are_never_shown(read: Read, told: Told) -> None:
    file = read(SECRETS, TOKEN="hush-6")
    assert "hush" not in repr(file) + str(file)

    wrong = (
        SECRETS.replace("hush-1", "[hush-1]").replace('"${TOKEN}"', '{a: "${TOKEN}"}').replace("hush-8", "{hush-8: 1}")
    )
    problems = told(wrong.replace("provider: anthropic", "provider: hush-9"), TOKEN="hush-6")
    assert len(problems) >= 4
    assert "hush-6" not in str(problems)
    assert "hush-1" not in str(problems)
    assert "hush-9" not in str(problems)


def test_rules_stand_in_the_file_or_in_files_that_it_names(read: Read) -> None:
    text = f"""\
rules:
  - {CONVERSE / "rules"}
  - id: own
    trigger: {{type: condition}}
    conditions: [{{field: amount, operator: gt, value: "${{LIMIT:-5}}"}}]
    actions: [{{type: escalate}}]
"""
    rules = read(text, LIMIT="7").rules

    assert [rule.id for rule in rules] == [
        "delivery_tracking",
        "feedback_collection",
        "order_confirmation",
        "payment_reminder",
        "own",
    ]
    assert rules[-1].conditions[0].value == "7"


def test_rules_twice_are_refused(told: Told, write: Write) -> None:
    write("id: own\ntrigger: {type: condition}\nactions: [{type: escalate}]\n", "config/own.yaml")

    assert told("rules: [own.yaml, own.yaml]") == [
        "config/own.yaml:1: the rule `own` stands twice; the first is in config/own.yaml, line 1"
    ]


def test_state_maps_keep_their_lines(read: Read, write: Write) -> None:
    write("process_type: other\nstates: [a]\n", "config/maps/other.yaml")
    inline, other = read(
        "state_maps:\n  - process_type: own\n    states:\n      - one\n      - two\n  - maps\n"
    ).state_maps

    assert inline.value == {"process_type": "own", "states": ["one", "two"]}
    assert (inline.file, inline.place(("states", 1)).line) == ("config/settings.yaml", 5)
    assert (other.file, other.place(("states",)).line) == ("config/maps/other.yaml", 2)


def test_graphql_queries_may_stand_in_files(read: Read, write: Write) -> None:
    write("query { contact { id } }", "config/queries/contact.graphql")
    endpoints = read("backend: {type: graphql, endpoints: {get_contact: queries/contact.graphql}}").backend.endpoints

    assert endpoints["get_contact"].path == "query { contact { id } }"

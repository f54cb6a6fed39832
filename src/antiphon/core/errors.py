"""Every failure that we expect, each said once. The first paragraph of a class's docstring is its message.

Facts named in braces are given as keywords and kept as attributes, so that a caller can act on them. One handler
in `api` maps these classes to HTTP; what is not listed here is a defect and is never swallowed.
"""

from dataclasses import dataclass
from typing import Any


class AntiphonError(Exception):
    """Something that was expected to go wrong went wrong."""

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        message = (type(self).__doc__ or "").partition("\n\n")[0]
        super().__init__(" ".join(message.split()).format(**facts))

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["facts"][name]
        except KeyError:
            raise AttributeError(name) from None


class StoreUnavailable(AntiphonError):
    """The store cannot be reached or written: {reason}. Nothing was accepted; try again later."""


class DataFolderInUse(AntiphonError):
    """The data folder {folder} is owned by another process ({owner}). One process owns a SQLite store; for
    more processes use PostgreSQL (DATABASE_URL)."""


class DataFolderUnusable(AntiphonError):
    """The data folder {folder} cannot be used: {reason}. Conversations and leads are kept there."""


class StoreMissing(AntiphonError):
    """There is no store in {folder}. Name the data folder of a server with --data or DATA_DIR."""


class StoreReadOnly(AntiphonError):
    """The store in {folder} was opened for reading only; nothing can be changed through it."""


class StorePresent(AntiphonError):
    """There is a store in {folder} already, and restoring would replace it. Say so with --force."""


class BackupFailed(AntiphonError):
    """The backup {file} was not made: {reason}. What was there before is as it was."""


class BackupUnusable(AntiphonError):
    """The backup {file} cannot be restored: {reason}. Nothing was changed."""


class StoreNotMoved(AntiphonError):
    """The store in {folder} was not moved: {reason}. It is as it was, and nothing of it is in the database."""


class StoreDamaged(AntiphonError):
    """Conversation {conversation_id} cannot be read from the store: {reason}."""

    # `sequence` and `kind` name the event that cannot be read; they are None when it is the conversation itself.


class LeaseLost(AntiphonError):
    """Conversation {conversation_id} is worked on by somebody else now; this turn was not committed."""


class NewerMessage(AntiphonError):
    """A newer message arrived in conversation {conversation_id}; the draft was abandoned.

    Its `claim` holds the conversation for the turn that answers both, or is None.
    """


class TurnStillWaiting(AntiphonError):
    """Run {run_id} is accepted and still waiting for its turn; ask for it again in a moment."""


class TurnFailed(AntiphonError):
    """Run {run_id} could not be worked through: {reason}. The message was kept."""


class RunNotFound(AntiphonError):
    """Run {run_id} was not found."""


class ConversationNotFound(AntiphonError):
    """Conversation {conversation_id} was not found."""


class EffectNotFound(AntiphonError):
    """Effect {key} was not found."""


class EffectElsewhere(AntiphonError):
    """Effect {key} is {status}; only one that is {wanted} can be {done}. Nothing was changed."""


class SignatureRefused(AntiphonError):
    """The signature of this request was refused: {reason}."""


class WebhookUnreadable(AntiphonError):
    """The body cannot be read: {reason}. Nothing was stored."""


class MediaRefused(AntiphonError):
    """The file of a message was not taken: {reason}."""


class MediaAway(AntiphonError):
    """The file of a message cannot be had at the moment: {reason}."""


class ProcessUnknown(AntiphonError):
    """There is no process {name} here."""


class StateUnknown(AntiphonError):
    """There is no state {state} in the process {process_type}."""


class BindingsFull(AntiphonError):
    """The conversation has {limit} open bindings already. Close one before another is begun."""


class ScenarioEndless(AntiphonError):
    """At {at} in the scenario's time nothing came to rest in {rounds} rounds of work: something begins itself anew."""


class MigrationHalted(AntiphonError):
    """Conversation {conversation_id} was not migrated: {reason}. Those before it have moved; say it again to go on."""


class MigrationInvalid(AntiphonError):
    """Bindings cannot be migrated so: {reason}. Nothing was changed."""


class ScenarioMissing(AntiphonError):
    """There is no scenario {name} in {where}; there are: {known}."""


class IdempotencyKeyReused(AntiphonError):
    """The idempotency key was used before with another request. Use a new key for a new request."""


class SlotsRefused(AntiphonError):
    """These values cannot be accepted: {reasons}."""


class KnowledgeBroken(AntiphonError):
    """The knowledge base cannot be read: {reason}."""


class KnowledgeIndexing(KnowledgeBroken):
    """The knowledge base is being indexed for the first time: {progress}. Ask again in a moment."""


class ScaleUnavailable(AntiphonError):
    """The message cannot be judged by the scale {scale} at the moment: {reason}."""


class ModelUnavailable(AntiphonError):
    """The model {model} cannot be used at the moment: {reason}."""


class ModelAnswerMalformed(ModelUnavailable):
    """The model {model} did not answer as asked, twice: {reason}."""


class ModelUnknown(AntiphonError):
    """There is no model {model}: {reason}."""


class ScriptUnusable(AntiphonError):
    """The answers in {file} cannot be replayed: {reason}."""


class LineInvalid(AntiphonError):
    """{file}:{line}: {reason}"""


class ExtraMissing(AntiphonError):
    """{what} needs what the extra `{extra}` installs: pip install 'antiphon[{extra}]'."""


class SettingMissing(AntiphonError):
    """{name} is not set, and {what} needs it. Set it in the environment or in .env."""


class SettingUnusable(AntiphonError):
    """{name} cannot be used: {reason}."""

    # For a setting whose value must not be shown.


class BackendError(AntiphonError):
    """The backend could not be used for {operation}: {reason}."""

    unknown = False  # whether it may have been done all the same
    retry = False  # whether it may go well later


class BackendAway(BackendError):
    """The backend cannot be reached for {operation} ({where}): {reason}. Nothing was changed there. See that it runs
    and that backend.base_url is its address; it is tried again."""

    retry = True
    # `after_seconds` says when, if the backend or the breaker told it; else it is None.


class BackendFailed(BackendError):
    """The backend failed at {operation} ({where}): {reason}. Whether it was done is not known; its own log says
    more."""

    unknown = True
    retry = True


class BackendRefused(BackendError):
    """The backend refused {operation} ({where}): {reason}. {advice}"""

    # `status` is the one of HTTP; None when GraphQL named errors.


class BackendAnswerInvalid(BackendError):
    """The backend's answer to {operation} ({where}) cannot be used: {reason}. {advice}"""

    unknown = True


class BackendCallInvalid(BackendError):
    """The backend cannot be asked for {operation}: {reason}."""


class BackendMisconfigured(AntiphonError):
    """The backend cannot be used as it is set: {reason}."""


class SettingsInvalid(AntiphonError):
    """The settings file cannot be used:{problems}"""

    def __init__(self, problems: "list[Problem]") -> None:
        self.problems = problems
        super().__init__(problems="".join(f"\n  {problem}" for problem in problems))


class SettingInvalid(AntiphonError):
    """{name} is {value!r}, which is {reason}."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing wrong with a pack, and where."""

    file: str  # relative to the pack's folder
    line: int  # from 1; 0 when the whole file is meant
    message: str  # what is wrong and what was expected

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}"


class PackInvalid(AntiphonError):
    """The pack cannot be loaded:{problems}"""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(problems="".join(f"\n  {problem}" for problem in problems))


class ScenariosInvalid(PackInvalid):
    """The scenarios cannot be read:{problems}"""


class PackNotLoaded(AntiphonError):
    """The pack {name} is not loaded here."""


class PackNotFound(AntiphonError):
    """There is no pack {name} in {folder}: {reason}."""

"""What a store must do, said as plainly as possible: lists, and no thought for speed or crashes."""

from dataclasses import dataclass, field
from typing import Literal

from antiphon.core.change import ChangeKind
from antiphon.core.names import Moment, RunId
from antiphon.core.run import RunStatus


@dataclass(kw_only=True, slots=True)
class ModelRun:
    """A run as the model knows it."""

    id: RunId
    kind: ChangeKind
    position: int
    status: RunStatus = "queued"
    attempts: int = 0
    merged_into: RunId | None = None


@dataclass(kw_only=True, slots=True)
class ModelLine:
    """A conversation: unworked runs in order of arrival, and who holds it, by the number of the claim."""

    worked: list[ModelRun] = field(default_factory=list)
    unworked: list[ModelRun] = field(default_factory=list)
    holder: int | None = None  # the number of the claim that may commit
    until: Moment | None = None  # when its lease ends
    events: int = 0
    arrived: int = 0  # how many ever did

    @property
    def runs(self) -> list[ModelRun]:
        """All runs in order of arrival."""
        return self.worked + self.unworked

    def arrive(self, run_id: RunId, kind: ChangeKind) -> None:
        """One more waits."""
        self.arrived += 1
        self.unworked.append(ModelRun(id=run_id, kind=kind, position=self.arrived))

    def erase(self, run: ModelRun) -> list[RunId]:
        """Forget the turn of a run, and leave a tombstone for each run of it; which they were."""
        turn = run.merged_into or run.id
        gone = [one.id for one in self.runs if turn in (one.id, one.merged_into)]
        self.worked = [one for one in self.worked if one.id not in gone]
        self.unworked = [one for one in self.unworked if one.id not in gone]
        self.events += len(gone)
        self.give_back()
        return gone

    def free(self, now: Moment) -> bool:
        """Whether it may be claimed."""
        return self.until is None or self.until <= now

    def next_runs(self, *, merge: bool) -> list[ModelRun]:
        """What a claim takes."""
        messages = []
        for run in self.unworked:
            if run.kind != "message":
                break
            messages.append(run)
        return messages if merge and messages else self.unworked[:1]

    def take(self, number: int, until: Moment, *, merge: bool) -> list[ModelRun]:
        """Hold it under this claim."""
        taken = self.next_runs(merge=merge)
        for run in self.unworked:
            run.status = "queued"
        for run in taken:
            run.status = "running"
            run.attempts += 1
        self.holder, self.until = number, until
        return taken

    def give_back(self) -> None:
        """Undo what is being worked."""
        for run in self.unworked:
            run.status = "queued"
        self.holder = self.until = None

    def finish(self, taken: int, status: RunStatus, events: int) -> None:
        """End the first runs with one outcome."""
        done, self.unworked = self.unworked[:taken], self.unworked[taken:]
        for run in done:
            run.status = status
            run.merged_into = None if run is done[-1] else done[-1].id
        self.worked += done
        self.events += events
        self.holder = self.until = None


@dataclass(kw_only=True, slots=True)
class ModelEffect:
    """An effect as the model knows it."""

    due_at: Moment
    priority: int
    status: Literal["pending", "performing", "done", "dead", "parked", "cancelled"] = "pending"
    attempts: int = 0
    until: Moment | None = None  # when the lease of its performer ends

    def due(self, now: Moment) -> bool:
        """Whether it may be taken."""
        if self.status == "performing":
            return self.until is not None and self.until <= now
        return self.status == "pending" and self.due_at <= now

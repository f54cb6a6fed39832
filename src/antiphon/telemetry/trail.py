"""Which request and which run the work at hand belongs to, in context variables: what log lines are found by."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

request_id_var: ContextVar[str | None] = ContextVar("request_id", default=None)
run_id_var: ContextVar[str | None] = ContextVar("run_id", default=None)

_NAMES = "_antiphon_trail"  # on an exception: where it comes from

Ids = tuple[str | None, str | None]  # of a request and of a run


class LogTrail:
    """`ports.Trail` for log lines alone."""

    def origin(self) -> Mapping[str, object]:
        """The request id, when a request is served."""
        request_id = request_id_var.get()
        return {"request_id": request_id} if request_id else {}

    def brought(self, run_id: str) -> None:
        """From here on, the request's log lines name the run."""
        run_id_var.set(run_id)

    @contextmanager
    def turn(self, pack: str, run_id: str, origins: Sequence[Mapping[str, object]]) -> Iterator[None]:  # noqa: ARG002
        """Log lines name the run, and the request that brought it, whoever works it; so do errors that leave."""
        known = origins[-1].get("request_id") if origins else None
        request_id = known if isinstance(known, str) else None
        tokens = request_id_var.set(request_id), run_id_var.set(run_id)
        try:
            yield
        except Exception as error:
            name_error(error)
            raise
        finally:
            request_id_var.reset(tokens[0])
            run_id_var.reset(tokens[1])


def name_error(error: Exception) -> None:
    """Note on an error which request and run it leaves: whoever logs it has another context, or none."""
    error.__dict__.setdefault(_NAMES, (request_id_var.get(), run_id_var.get()))


def named_by(error: BaseException | None) -> Ids:
    """The ids of the request and the run that an error has left."""
    found: Ids = error.__dict__.get(_NAMES, (None, None)) if error is not None else (None, None)
    return found

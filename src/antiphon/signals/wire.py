"""What hot state is called and looks like outside this process: keys, channels and frames (AF.21 to AF.23)."""

import hashlib

import orjson

from antiphon.core.names import Facts, PackName, RunId

RUN_TTL_SECONDS = 3600  # a snapshot and its steps, since the last change of either
KEY_TTL_SECONDS = 86_400  # an idempotency key: a day, within which whoever did not see the answer has asked again
STEPS_KEPT = 1000  # of one run, the latest; a run has about ten


def run_key(pack: PackName, run_id: RunId) -> bytes:
    """The key of a run's snapshot."""
    return _named(pack, "run", run_id)


def steps_key(pack: PackName, run_id: RunId) -> bytes:
    """The key of a run's steps."""
    return _named(pack, "steps", run_id)


def news_channel(pack: PackName, run_id: RunId) -> bytes:
    """The channel of a run's frames."""
    return _named(pack, "news", run_id)


def idempotency_key(pack: PackName, key: str) -> bytes:
    """The key under which the run of an idempotency key is kept; of any length, and without what the caller wrote."""
    return _named(pack, "idempotency", hashlib.sha256(_encoded(key)).hexdigest())


def encode(facts: Facts) -> bytes:
    """JSON values as they are kept."""
    return orjson.dumps(facts)


def decode(kept: bytes) -> Facts | None:
    """What was kept, or None when it is not ours."""
    try:
        facts = orjson.loads(kept)
    except orjson.JSONDecodeError:
        return None
    return facts if isinstance(facts, dict) else None


def snapshot_frame(run_id: RunId, state: bytes) -> bytes:
    """The frame that tells of a snapshot, itself given as JSON."""
    return orjson.dumps({"type": "snapshot", "run_id": run_id, "state": orjson.Fragment(state)})


def step_frame(run_id: RunId, step: bytes) -> bytes:
    """The frame that tells of a step, itself given as JSON."""
    return orjson.dumps({"type": "step", "run_id": run_id, "step": orjson.Fragment(step)})


def _named(pack: PackName, kind: str, name: str) -> bytes:
    return _encoded(f"{pack}:{kind}:{name}")


def _encoded(text: str) -> bytes:
    # Whatever a path of a request holds is a name, if need be one that nothing is kept under.
    return text.encode(errors="backslashreplace")

"""Backend updates: the business's own system is told what a process or a rule has come to."""

from antiphon.core.effect import Attempted, KeptEffect
from antiphon.core.errors import BackendError
from antiphon.core.names import Facts
from antiphon.engine.engine import Engine
from antiphon.ports import Backend


class BackendUpdatePerformer:
    """`ports.Performer` of calls to the backend. The effect's key goes along, so that a repeat is recognised there."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def perform(self, effect: KeptEffect) -> Attempted:
        """See `ports.Performer`."""
        backend = self._engine.backend
        if backend is None:
            return Attempted(outcome="failed", reason="no backend is set", retry=False)
        try:
            return await self._tell(backend, effect)
        except BackendError as error:
            wait = error.facts.get("after_seconds")
            return Attempted(
                outcome="unknown" if error.unknown else "failed", reason=str(error), retry=error.retry, retry_after=wait
            )

    async def _tell(self, backend: Backend, effect: KeptEffect) -> Attempted:
        told = effect.effect.payload
        payload, endpoint = dict(told["payload"]), told["endpoint"]
        if endpoint:
            await backend.call_endpoint(endpoint, payload, key=effect.key)
            return Attempted(outcome="done", detail={"endpoint": endpoint})
        followup_id = await self._followup_id(told)
        if followup_id is None:
            reason = "neither an endpoint is named nor the id under which the backend knows the matter (`id`)"
            return Attempted(outcome="failed", reason=reason, retry=False)
        status = str(payload.get("status") or payload.get("new_state") or "updated")
        await backend.update_followup_status(followup_id, status, details=payload, key=effect.key)
        return Attempted(outcome="done", detail={"endpoint": "update_followup", "followup_id": followup_id})

    async def _followup_id(self, told: Facts) -> str | None:
        """The backend's own id of the matter: what came with the data that the process began with, else its entity."""
        binding = await self._engine.store.binding(told["binding_id"]) if told["binding_id"] else None
        data: Facts = binding.business_data if binding else told["payload"]
        found = data.get("id") or data.get("followup_id") or told["payload"].get("entity_id")
        return str(found) if found else None

"""Processes: their maps, and where each stands (CV.5 to CV.10)."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from antiphon.api.access import Text
from antiphon.api.answers import answer
from antiphon.api.converse import told
from antiphon.api.converse.lists import Limit, conversation_item
from antiphon.api.converse.names import DEFAULT_LISTED, ERRORS, PACK, Conversing, missing, not_found
from antiphon.api.converse.shapes import StateBinding, StateInfo
from antiphon.core.names import Facts
from antiphon.core.process.definition import StateMapDef
from antiphon.engine.service import Service
from antiphon.ports import BindingQuery, BindingRecord

router = APIRouter(prefix="/api/v1", tags=["converse"])

Filter = Annotated[Text | None, Query(max_length=200)]


@router.get("/state-maps", responses=ERRORS, response_model=list[StateMapDef])
async def list_state_maps(service: Conversing) -> Response:
    """The maps of the pack, as they are written."""
    return answer([_written(process) for process in service.business(PACK).pack.processes.values()])


@router.get("/state-maps/{process_type}", responses={**ERRORS, **missing("State map")}, response_model=StateMapDef)
async def read_state_map(process_type: str, service: Conversing) -> Response:
    """One map."""
    process = service.business(PACK).pack.processes.get(process_type)
    if process is None:
        raise not_found("State map")
    return answer(_written(process))


@router.get("/state-bindings", responses=ERRORS, response_model=list[StateBinding])
async def list_bindings(
    service: Conversing,
    process_type: Filter = None,
    current_state: Filter = None,
    contact_id: Filter = None,
    limit: Limit = DEFAULT_LISTED,
) -> Response:
    """Bindings, newest first; their histories stand in each one's own answer."""
    query = BindingQuery(pack=PACK, process_type=process_type, state=current_state, contact_id=contact_id, limit=limit)
    return answer([told.binding(record) for record in await service.engine.store.bindings(query)])


@router.get("/state-bindings/{binding_id}", responses={**ERRORS, **missing("Binding")}, response_model=StateBinding)
async def read_binding(binding_id: str, service: Conversing) -> Response:
    """One binding with its whole history, and what fired each move."""
    return answer(await whole_binding(service, binding_id))


@router.get(
    "/conversations/{conversation_id}/states",
    responses={**ERRORS, **missing("Conversation")},
    response_model=list[StateInfo],
)
async def read_states(conversation_id: str, service: Conversing) -> Response:
    """Every process of a conversation: where it stands, and what could move it."""
    await conversation_item(service, conversation_id)
    query = BindingQuery(pack=PACK, conversation_id=conversation_id, limit=200)
    records = await service.engine.store.bindings(query)
    return answer([await _info(service, record) for record in reversed(records)])


async def whole_binding(service: Service, binding_id: str) -> Facts:
    """A StateBinding with its history.

    Raises:
        HTTPException: 404, there is none.
    """
    record = None if "\x00" in binding_id else await service.engine.store.binding(binding_id)
    if record is None or record.pack != PACK:
        raise not_found("Binding")
    return told.binding(record, await service.engine.store.moves(record))


async def _info(service: Service, record: BindingRecord) -> Facts:
    process = service.business(PACK).map_of(record.process_type, record.version)
    return told.state_info(record, process, await service.engine.store.moves(record))


def _written(process: StateMapDef) -> dict[str, Any]:
    return process.model_dump(mode="json")

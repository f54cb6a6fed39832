"""Erasing in memory: nothing here awaits, so it is done whole or not at all."""

from dataclasses import replace

from antiphon.core.follow_up import FOLLOW_UPS
from antiphon.ports import Erasure
from antiphon.testing.tables import Line, MemoryPart, stored_state


class MemoryErasing(MemoryPart):
    """`ports.Runs.erase_run` of one tenant."""

    async def erase_run(self, erasure: Erasure) -> bool:
        """See `ports.Runs`."""
        self._tables.check_open()
        line = self._tables.lines.get(erasure.conversation_id)
        if line is None or line.sequence != erasure.expected:
            return False
        self._erase_rows(line, erasure)
        _erase_events(line, erasure)
        for run in line.unworked:
            line.put(replace(run, status="queued"))
        line.work_off(line.worked)
        line.change_hands(None)
        line.stand(stored_state(erasure.conversation), erasure.at)
        self._keep_bindings(erasure)
        if line.address in erasure.run_ids and not line.runs:
            self._forget_address(line)
        return True

    def _erase_rows(self, line: Line, erasure: Erasure) -> None:
        tables, gone = self._tables, set(erasure.run_ids)
        for run_id in erasure.run_ids:
            _, position = tables.places.pop(run_id)
            del line.runs[position]
            tables.steps.pop(run_id, None)
        tables.keys = {key: use for key, use in tables.keys.items() if use.run_id not in gone}
        tables.leads = {key: record for key, record in tables.leads.items() if record.run_id not in gone}
        tables.effects = {key: row for key, row in tables.effects.items() if row.kept.run_id not in gone}
        tables.open_effects &= tables.effects.keys()

    def _keep_bindings(self, erasure: Erasure) -> None:
        """What is left of them, and nobody is reminded of those that are gone."""
        tables, left = self._tables, {one.id: one for one in erasure.bindings}
        others = {key: one for key, one in tables.bindings.items() if one.conversation_id != erasure.conversation_id}
        tables.bindings = others | left
        for row in tables.effects.values():
            binding_id = row.kept.effect.binding_id
            mine = row.kept.conversation_id == erasure.conversation_id and row.kept.effect.kind in FOLLOW_UPS
            if mine and row.kept.status == "pending" and binding_id is not None and binding_id not in left:
                row.kept = replace(row.kept, status="cancelled", settled_at=erasure.at)
                tables.open_effects.discard(row.kept.key)

    def _forget_address(self, line: Line) -> None:
        tables, place = self._tables, (line.space, line.address)
        del tables.contacts[place]
        tables.addresses.pop(place, None)
        others = (one for one in tables.lines.values() if one is not line)
        if line.contact_id in tables.contacts.values() or any(one.contact_id == line.contact_id for one in others):
            return
        del tables.people[line.contact_id]
        # As on a database, the conversation stays, and nobody is led to it.


def _erase_events(line: Line, erasure: Erasure) -> None:
    for sequence in erasure.events:
        line.events[sequence - 1] = replace(line.events[sequence - 1], payload=None, key=None)
    line.events.extend(erasure.tombstones)
    line.sequence, line.head = line.events[-1].sequence, line.events[-1].hash

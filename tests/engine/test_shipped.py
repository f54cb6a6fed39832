"""The shipped pack in a service as the settings open it: rules, time zone, backend and channels are at work."""

from pathlib import Path

import pytest

from antiphon.engine.rules import RuleResult
from antiphon.ports import EffectQuery, FollowUpQuery
from antiphon.settings import Settings
from antiphon.testing import SettableClock
from antiphon.wiring import open_service

FILE = """
timezone: Asia/Kolkata
rules:
  - id: payment_reminder
    trigger: {type: schedule, cron: "30 9 * * *"}
    conditions: [{field: days_overdue, operator: gte, value: 7}]
    actions:
      - {type: start_conversation, template: payment_reminder, process_type: payment_collection, entity_type: invoice}
"""


async def test_cv_38_cv_39_rules_and_time_zone_of_the_settings_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule with the id of the pack's own takes its place; its schedule is in that time zone."""
    (tmp_path / "settings.yaml").write_text(FILE, encoding="utf-8")
    monkeypatch.setenv("CONVERSE_CONFIG", str(tmp_path / "settings.yaml"))
    settings = Settings(_env_file=None, data_dir=tmp_path / "data", worker=False)
    clock = SettableClock()  # 09:00 in UTC
    async with open_service(settings, clock=clock) as service:
        business = service.business("converse")
        assert [rule.id for rule in business.rules].count("payment_reminder") == 1
        await service.worker._schedule.promise()
        [firing] = await service.engine.store.effects(EffectQuery(kind="rule"))
        assert firing.due_at.isoformat() == "2026-01-02T04:00:00+00:00"

        gone = await service.go_through_rules("converse")
        assert (gone.backend_items_evaluated, gone.followups_enqueued) == (3, 1)
        [follow_up] = await service.engine.store.follow_ups(FollowUpQuery(pack="converse"))
        assert follow_up.status == "scheduled"
        data = {"entity_type": "invoice", "entity_id": "INV-2024-1234"}
        happened = await service.happen("converse", "payment_received", data)
        [moved] = happened.results
        assert not isinstance(moved, RuleResult)
        assert moved.transition == "pending → confirmed"
        assert "chat" in service.engine.channels

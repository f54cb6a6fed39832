"""How the engine keeps what processes and rules promise: one module for each kind of effect."""

from antiphon.core.reply import REPLY
from antiphon.engine.engine import Engine
from antiphon.engine.keeping.alert import AlertPerformer
from antiphon.engine.keeping.backend_update import BackendUpdatePerformer
from antiphon.engine.keeping.check import CheckPerformer
from antiphon.engine.keeping.follow_up import FollowUpPerformer
from antiphon.engine.keeping.reply import ReplyPerformer
from antiphon.engine.keeping.rule import RuleHitPerformer, RulePerformer
from antiphon.engine.keeping.stray_event import StrayEventPerformer
from antiphon.engine.kinds import ALERT, BACKEND_UPDATE, CHECK, FOLLOW_UP, RULE, RULE_HIT, STRAY_EVENT
from antiphon.engine.rules import Ask
from antiphon.ports import Performers


def own_performers(engine: Engine, ask: Ask) -> Performers:
    """Whoever keeps the kinds of effects that the engine itself promises."""
    return {
        FOLLOW_UP: FollowUpPerformer(engine),
        CHECK: CheckPerformer(engine),
        BACKEND_UPDATE: BackendUpdatePerformer(engine),
        ALERT: AlertPerformer(),
        REPLY: ReplyPerformer(engine),
        RULE: RulePerformer(engine),
        RULE_HIT: RuleHitPerformer(engine, ask),
        STRAY_EVENT: StrayEventPerformer(),
    }

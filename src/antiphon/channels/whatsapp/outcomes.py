"""What the Graph API's error codes mean for a message. Codes count, not titles, which change."""

from collections.abc import Mapping
from dataclasses import dataclass

from antiphon.channels.whatsapp.reading import id_in, line_in, number_in, object_in, objects_in
from antiphon.ports import Delivery, Policy

WINDOW_CLOSED = 131047
PARAMETER, NO_SUCH_NUMBER = 100, 33  # the second comes as a subcode of the first
PAIR_SECONDS = 6.0  # one message to the same person in six seconds, once a burst is used up
NUMBER_SECONDS = 1.0  # until the number may send again
ACCOUNT_SECONDS = 60.0  # calls of an account are counted by the hour; sooner is in vain
HELD = "held_for_quality_assessment"  # of a template: it may go out later


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """What is done about a code."""

    policy: Policy
    means: str  # for people
    after: float | None = None  # seconds
    blocks: bool = False  # nobody can be written to until somebody has looked


def _stop(means: str) -> Rule:
    return Rule(policy="stop", means=means)


def _park(means: str, *, blocks: bool = False) -> Rule:
    return Rule(policy="park", means=means, blocks=blocks)


def _retry(means: str, after: float | None = None) -> Rule:
    return Rule(policy="retry", means=means, after=after)


_TOKEN = _park("the access token is not valid; see WHATSAPP_ACCESS_TOKEN", blocks=True)
_RIGHTS = _park("the access token has not the right to do this", blocks=True)
_ACCOUNT = _park("Meta has locked or restricted the account", blocks=True)
_TEMPLATE = _park("the template cannot be used as it is; see its state and parameters with Meta")

RULES: Mapping[int, Rule] = {
    # it passes
    1: _retry("Meta could not work it"),
    2: _retry("Meta's service is down"),
    131000: _retry("Meta could not work it"),
    131016: _retry("Meta's service is overloaded"),
    131057: _retry("the account is in maintenance"),
    133004: _retry("Meta's server is down"),
    # too much
    130429: _retry("the number sends too fast", NUMBER_SECONDS),
    4: _retry("the app calls too often", ACCOUNT_SECONDS),
    80007: _retry("the account calls too often", ACCOUNT_SECONDS),
    131056: Rule(policy="delay", means="too many messages to this person in a short time", after=PAIR_SECONDS),
    # not to this person
    WINDOW_CLOSED: _stop("they have not written for 24 hours: only a template may be sent"),
    131026: _stop("it cannot be delivered to them"),
    131049: _stop("Meta limits what is advertised to them"),
    131050: _stop("they want no advertisements"),
    130472: _stop("they are part of an experiment of Meta's"),
    130497: _stop("their country is not open to this account"),
    131021: _stop("it would go to the sender itself"),
    131030: _stop("they are not among the recipients that a test number may write to"),
    131062: _stop("a user id cannot be written to with this kind of message"),
    # not this message
    PARAMETER: _stop("a parameter is wrong"),
    131008: _stop("a parameter is missing"),
    131009: _stop("a parameter is wrong"),
    131051: _stop("this kind of message is not known"),
    131052: _stop("the file cannot be fetched"),
    131053: _stop("the file cannot be taken"),
    # until somebody has looked
    0: _TOKEN,
    190: _TOKEN,
    3: _RIGHTS,
    10: _RIGHTS,
    131005: _RIGHTS,
    368: _ACCOUNT,
    131031: _ACCOUNT,
    131042: _park("there is a problem with the payment", blocks=True),
    131045: _park("the number is not registered", blocks=True),
    133010: _park("the number is not registered", blocks=True),
    NO_SUCH_NUMBER: _park("the number is not known; see WHATSAPP_PHONE_NUMBER_ID", blocks=True),
    131048: _park("too many people have blocked or reported the number: slow down"),
    132000: _TEMPLATE,
    132001: _TEMPLATE,
    132005: _TEMPLATE,
    132007: _TEMPLATE,
    132012: _TEMPLATE,
    132015: _TEMPLATE,
    132016: _TEMPLATE,
    **dict.fromkeys(range(200, 220), _RIGHTS),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What one call came to."""

    delivery: Delivery
    code: int | None = None
    blocks: bool = False


def rule_of(code: int, status: int = 400) -> Rule:
    """What is done about a code; about one that is not known, by the status of HTTP that came with it."""
    if code in RULES:
        return RULES[code]
    if status == 429 or status >= 500:
        return _retry("Meta could not take it now")
    if status in (401, 403):
        return _RIGHTS
    return _stop("Meta refused it")


def failed(code: int, status: int = 400) -> Outcome:
    """A failure with its code, told without what Meta wrote: that may name the person."""
    rule = rule_of(code, status)
    delivery = Delivery(
        status="failed", reason=f"{rule.means} (code {code})", policy=rule.policy, retry_after=rule.after
    )
    return Outcome(delivery=delivery, code=code, blocks=rule.blocks)


def outcome_of(status: int, value: object) -> Outcome:
    """What an answer means. `value` is its JSON, None when it is none."""
    if 200 <= status < 300:
        return Outcome(delivery=_accepted(value))
    error = object_in(value, "error")
    code = number_in(error, "code")
    if code == PARAMETER and number_in(error, "error_subcode") == NO_SUCH_NUMBER:
        code = NO_SUCH_NUMBER
    if code is not None:
        return failed(int(code), status)
    if status == 429:
        return failed(130429, status)
    if status >= 500:  # whoever stands before the Graph API does not know what became of it
        return Outcome(delivery=Delivery(status="unknown", reason=f"it answered {status} without a code"))
    reason = f"it answered {status} without a code; see WHATSAPP_BASE_URL"
    return Outcome(delivery=Delivery(status="failed", reason=reason, policy="park"), blocks=True)


def _accepted(value: object) -> Delivery:
    told = next(objects_in(value, "messages"), {})
    message_id = id_in(told, "id")
    if message_id is None:
        return Delivery(status="unknown", reason="it accepted something, and does not say what")
    held = line_in(told, "message_status") == HELD
    return Delivery(status="queued" if held else "sent", provider_id=message_id)

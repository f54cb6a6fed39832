"""A small business that chases payments, written to a folder: YAML only, as its owner would."""

from pathlib import Path

PACK = """
name: dues
title: Dues
version: "1.0"
fallback: desk
fallback_intent: question
specialists:
  desk: {kind: say, reply: noted}
  cashier: {kind: say, reply: thanks}
"""
INTENTS = """
- name: will_pay
  specialist: cashier
  examples: [I will pay on Friday, I'll pay tomorrow, we will transfer the money next week, will pay soon]
- name: question
  specialist: desk
  examples: [when are you open?, what is this invoice for?, how can I reach you?, where is your office]
- name: goodbye
  specialist: desk
  examples: [goodbye, bye, see you later, have a nice day]
"""
REPLIES = """
noted: Noted.
thanks: Thank you, we'll see.
reminder: Dear {{ contact_name }}, please pay {{ entity_id }}.
broken: Dear {{ contact_name }}, you wanted to pay {{ entity_id }}.
"""
PROCESS = """
process_type: payment
states: [open, promised, overdue, paid]
initial_state: open
terminal_states: [paid]
transitions:
  - from_states: [open]
    to_state: promised
    description: They promise to pay
    trigger: {type: intent, value: will_pay}
    actions:
      - {type: schedule_check, delay_minutes: 4320, metadata: {check_trigger_value: promise_check}}
      - {type: update_backend, backend_endpoint: promised}
  - from_states: [promised]
    to_state: overdue
    description: They did not keep it
    trigger: {type: timeout, value: promise_check}
    actions:
      - {type: enqueue_followup, template: broken, channel_priority: [whatsapp]}
  - from_states: ["*"]
    to_state: paid
    trigger: {type: event, value: payment_received}
    actions:
      - {type: resolve, metadata: {reason: It is paid}}
"""
RULE = """
id: remind
trigger: {type: schedule, cron: "0 10 * * *"}
conditions: [{field: days_overdue, operator: gte, value: 3}]
actions:
  - type: start_conversation
    template: reminder
    channel_priority: [whatsapp]
    process_type: payment
    entity_type: invoice
"""
SCENARIOS = """
- name: a promise that is broken
  contact: {id: C-1, name: Ann, addresses: {whatsapp: "+491", email: ann@example.com}}
  steps:
    - at: day 1 10:00
      begin:
        process_type: payment
        entity_type: invoice
        entity_id: INV-1
        follow_up: {template: reminder, channels: [whatsapp]}
    - expect: {state: {payment: open, invoice INV-1: open}, sent: [reminder], status: waiting_response}
    - after: 2h
      message: {channel: email, text: "I'll pay on Friday"}
      expect:
        {intent: will_pay, state: {payment: promised}, says: [we'll see], not_says: [sorry], told: [promised]}
    - at: day 4 11:59
      expect: {state: {payment: promised}, sent: []}
    - at: day 4 12:00
      expect: {state: {payment: overdue}, sent: [broken]}
    - after: 1w 2d
      event: {name: payment_received, data: {entity_type: invoice, entity_id: INV-1}}
      expect: {state: {payment: paid}, status: resolved}
- name: the rule reminds by itself
  contact: {id: C-2, name: Bob, addresses: {whatsapp: "+492"}}
  pending:
    - {id: F-1, contact_id: C-2, status: overdue, entity_type: invoice, entity_id: INV-2, days_overdue: 4}
  steps:
    - at: day 1 09:59
      expect: {sent: []}
    - at: day 1 10:01
      expect: {sent: [reminder], state: {payment: open}}
    - at: day 30 12:00
      expect: {sent: [], state: {payment: open}}
"""
TALKS = """
- name: somebody asks
  turns:
    - user: when are you open?
      intent: question
      says: [noted]
"""
MESSAGES = """
- intent: goodbye
  or: [question]
  messages:
    - bye bye
    - have a nice day
"""


def write_pack(folder: Path, **changed: str) -> Path:
    """The pack in a folder of that name; `changed` files stand in the place of ours, named without their ending."""
    files = {
        "pack": PACK,
        "intents": INTENTS,
        "replies": REPLIES,
        "processes/payment": PROCESS,
        "rules/remind": RULE,
        "scenarios/days": SCENARIOS,
        "scenarios/talks": TALKS,
        "scenarios/messages/held_out": MESSAGES,
        **{name.replace("__", "/"): text for name, text in changed.items()},
    }
    for name, text in files.items():
        file = folder / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder

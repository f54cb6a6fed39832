"""From a proposal to a turn that can be committed: events sealed into the chain, state folded, versions noted."""

from antiphon.core import chain, event
from antiphon.core.conversation import fold
from antiphon.core.names import Facts
from antiphon.core.notice import notices
from antiphon.core.proposal import Proposal
from antiphon.core.reply import replies
from antiphon.core.run import Claim
from antiphon.engine.closing import cancels_of, closes_of
from antiphon.engine.engine import Engine
from antiphon.ports import CompletedTurn

_OF_BINDINGS = (event.BindingBegun, event.BindingMoved, event.BindingMigrated)


def complete(engine: Engine, claim: Claim, proposal: Proposal, versions: Facts, *, yields: bool) -> CompletedTurn:
    """The turn as it will be committed. `yields`: it is abandoned when a newer message waits."""
    at = engine.clock.now()
    follows_up = engine.businesses[claim.pack].follows_up
    secrets = engine.ids.secret(chain.EVENT_KEY_BYTES * len(proposal.events))
    sealed: list[chain.SealedEvent] = []
    head = claim.head
    for place, happened in enumerate(proposal.events):
        link = chain.seal(
            head,
            claim.sequence + 1 + place,
            event.kind_of(happened),
            at,
            event.encode(happened),
            secrets[place * chain.EVENT_KEY_BYTES : (place + 1) * chain.EVENT_KEY_BYTES],
        )
        sealed.append(link)
        head = link.hash
    return CompletedTurn(
        claim=claim,
        events=tuple(sealed),
        conversation=fold(proposal.events, claim.conversation),
        outcome=proposal.outcome,
        at=at,
        steps=proposal.steps,
        effects=(
            *proposal.effects,
            *replies(claim, proposal.outcome, at),
            *notices(engine.notify, claim, proposal.outcome, proposal.leads, at),
        ),
        leads=proposal.leads,
        bindings=tuple(one for one in proposal.events if isinstance(one, _OF_BINDINGS)),
        versions=versions,
        refuse_if_newer=yields,
        cancels=cancels_of(proposal.events) if follows_up else (),
        closes=closes_of(proposal.events) if follows_up else None,
    )

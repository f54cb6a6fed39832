"""A contact: a person, with what is known of them and the addresses that lead to them."""

from dataclasses import dataclass, field

from antiphon.core.names import Facts


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactAddress:
    """One way to reach a contact. `space` is the kind of address; for a channel it is the channel's name."""

    space: str
    address: str
    preferred: bool = False
    verified: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactDetails:
    """What is known of a person."""

    external_id: str | None  # by which the business knows them
    name: str
    addresses: tuple[ContactAddress, ...] = ()
    role: str | None = None
    organization: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Facts = field(default_factory=dict)


def joined(known: ContactDetails, told: ContactDetails) -> ContactDetails:
    """What is known of a person with what was told now: nothing is lost, and where both speak the latter counts."""
    addresses = {(one.space, one.address): one for one in (*known.addresses, *told.addresses)}
    return ContactDetails(
        external_id=known.external_id or told.external_id,
        name=told.name or known.name,
        addresses=tuple(addresses[key] for key in sorted(addresses)),
        role=told.role or known.role,
        organization=told.organization or known.organization,
        tags=tuple(dict.fromkeys((*known.tags, *told.tags))),
        metadata={**known.metadata, **told.metadata},
    )


def may_be(known: ContactDetails, told: ContactDetails) -> bool:
    """Whether somebody who has an address may be who is told of: not when the business knows them as two."""
    return known.external_id is None or told.external_id is None or known.external_id == told.external_id

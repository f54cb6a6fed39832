"""What can be wrong with a mail that is brought."""

from antiphon.core.errors import AntiphonError


class MailUnreadable(AntiphonError):
    """This is no mail that can be read: {reason}."""


class MailTooLarge(MailUnreadable):
    """The mail is too large: {reason}."""


class MailUntrusted(AntiphonError):
    """Invalid signature: {reason}."""

"""SendGrid's signatures: ECDSA on P-256, SHA-256."""

import base64
import binascii
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from antiphon.core.errors import SettingUnusable

_FRAME = re.compile(r"-----[A-Z ]+-----|\s+")


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What signatures are held against."""

    key: EllipticCurvePublicKey

    def has_signed(self, said: bytes, signature: bytes) -> bool:
        """Whether its private half has."""
        try:
            self.key.verify(signature, said, ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True


def public_key(text: str) -> PublicKey:
    """A key as SendGrid shows it: DER in base64, with a frame of PEM or without.

    Raises:
        SettingUnusable: it is none.
    """
    try:
        key = load_der_public_key(base64.b64decode(_FRAME.sub("", text), validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, EllipticCurvePublicKey):
        raise SettingUnusable(name="EMAIL_SENDGRID_PUBLIC_KEY", reason="it is no public key of SendGrid, in base64")
    return PublicKey(key)

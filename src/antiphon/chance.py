"""Randomness of the machine, drawn in stocks.

Each draw is a call of the system that lets go of the interpreter. In a process whose other threads wait for it, the
caller then waits for them in turn, which costs a hundred times the draw. So one draw serves many.
"""

import os
import threading

STOCK_BYTES = 4096  # 256 ids

_lock = threading.Lock()
_stock = b""
_used = 0


def random_bytes(size: int) -> bytes:
    """That many bytes that nobody can guess; none of them is handed out twice."""
    global _stock, _used  # noqa: PLW0603 - one stock for the process
    with _lock:
        if size > len(_stock) - _used:
            if size > STOCK_BYTES // 4:
                return os.urandom(size)
            _stock, _used = os.urandom(STOCK_BYTES), 0
        _used += size
        return _stock[_used - size : _used]


def new_id() -> str:
    """A uuid4 in its usual form."""
    digits = random_bytes(16).hex()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def _begin_anew() -> None:
    """In a child of a fork, which would otherwise hand out what its parent does."""
    global _lock, _stock, _used
    _lock, _stock, _used = threading.Lock(), b"", 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)

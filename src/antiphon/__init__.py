"""A self-hosted engine for business conversations."""

import os

__version__ = "0.1.0"

# Before anything imports numpy: its threads are slower than one for matrices as small as ours, and they take
# the cores from everybody else.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

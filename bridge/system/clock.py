"""The clock of the program: seconds that only grow, the same in all its processes.

On Windows ``time.monotonic`` moves in steps of 15.6 ms before Python 3.13; ``time.perf_counter``
does not, and counts for all processes, too. Elsewhere both are one clock.
"""

from __future__ import annotations

import sys
import time

monotonic_seconds = time.perf_counter if sys.platform == "win32" else time.monotonic

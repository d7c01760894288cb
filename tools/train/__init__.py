"""Training of the networks: trio, surrogates, chord reader, drum touch, prior."""

import os

# Waiting threads must not spin: beside other programs on the same cores, spinning made a step
# of two threads sixteen times slower (6.8 s instead of 0.4 s). Read when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

"""Run :mod:`tools.parity.compare`: ``python -m tools.parity``."""

import sys

from tools.parity.compare import main

sys.exit(main())

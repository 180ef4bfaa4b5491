"""`python -m l9stack.agent.preflight FOLDER`."""

import os
import sys
from pathlib import Path

from l9stack.agent.preflight._run import main

raise SystemExit(main(Path(sys.argv[1]).resolve(), dict(os.environ)))

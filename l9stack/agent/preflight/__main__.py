"""`python -m l9stack.agent.preflight FOLDER`: the generated tests of a collection, beside a stack's own backends.

The folder holds `code`, `tests` and `manifests`; the environment names all backends (`L9_REDIS_URL`,
`L9_POSTGRES_URL`, `L9_NEO4J_URL`, `L9_HYPERGRAPH_URL`, `L9_ARCHIVE_BUCKET`). Tests share servers with agents that are
running, and never their data. It prints the tests that failed, each with its last lines, and then a line of JSON with
the counts; no credential is in it. The exit code is 0 where all passed, 1 where one failed, and 3 where they could not
be run there at all.
"""

import os
import sys
from pathlib import Path

from l9stack.agent.preflight._run import main

raise SystemExit(main(Path(sys.argv[1]).resolve(), dict(os.environ)))

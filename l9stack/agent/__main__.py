"""`python -m l9stack.agent`: serve the agent that the environment names, until the process is told to stop.

It needs `L9_MANIFEST`, `L9_CODE`, `L9_KEYS`, `L9_PORT` and the URLs of the backends that the agent's layers use; each
agent's generated `deployment.md` lists all variables. One that is missing ends the process with its name. SIGTERM lets
it finish what it has accepted, for `L9_DRAIN_SECONDS` at most. The exit code is 0, 3 where it could not start to serve
(as where the port is in use), or 1 for every other error.
"""

import os

from l9stack.agent._serving.main import main

main(os.environ)

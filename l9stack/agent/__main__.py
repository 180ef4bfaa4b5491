"""`python -m l9stack.agent`: serve the agent that the environment names."""

import os

from l9stack.agent._serving.main import main

main(os.environ)

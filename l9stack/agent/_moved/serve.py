"""Moved: `python -m l9stack.agent` serves an agent."""

import os

from l9stack.agent._serving.main import main

if __name__ == "__main__":
    main(os.environ)

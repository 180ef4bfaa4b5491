"""The pipeline that composes the stages: read, plan, render, prove, publish.

`extract.py` calls the two halves: `prepare.py` reads, plans and renders; `prove.py` measures (`measurement.py`), signs
and publishes what was prepared. Many collections at once are `many.py`, whose `worker.py` calls `extract.py` for each.
"""

"""The pipeline that composes the stages: read, plan, render, prove, publish."""

from l9stack.extraction.pipeline import Extraction, extract, gate_agent
from l9stack.extraction.prepare import Prepared, plan_of, prepare
from l9stack.extraction.views import Published, published, restore_view, view_edits

__all__ = [
    "Extraction",
    "Prepared",
    "Published",
    "extract",
    "gate_agent",
    "plan_of",
    "prepare",
    "published",
    "restore_view",
    "view_edits",
]

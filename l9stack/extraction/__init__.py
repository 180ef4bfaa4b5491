"""The pipeline that composes the stages: read, plan, render, prove, publish."""

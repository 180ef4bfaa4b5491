"""What `l9 init` makes of a folder: a project, with a small collection, the example, or a collection that is there."""

from l9stack.starter.content import Beginning, beginning_of
from l9stack.starter.write import NewProject, make_project

__all__ = ["Beginning", "NewProject", "beginning_of", "make_project"]

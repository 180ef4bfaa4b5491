"""Import paths of earlier versions, which delivered code may still use: one re-export each.

`l9stack.agent` looks for its modules here as well, so that they stay what they were called.
"""

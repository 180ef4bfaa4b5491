"""Commands by which a person writes a collection: a project, agents, bindings, modules of others."""

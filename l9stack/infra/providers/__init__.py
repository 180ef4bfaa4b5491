"""Dynamic providers. Pulumi's state names these classes by module path: moving one breaks every deployed stack."""

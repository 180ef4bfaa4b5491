"""Collection to plan: graph and waves, the catalogue of families, operations, rules (the only networkx user)."""

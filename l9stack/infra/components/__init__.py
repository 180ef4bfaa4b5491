"""What a stack is made of: one component a file, children named from it, real outputs."""

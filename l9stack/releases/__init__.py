"""What was deployed, kept by digest: a stack can be given exactly what another one runs, or what it ran before."""

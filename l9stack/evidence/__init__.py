"""Report, manifests, signature and verification: what is printed from measured records."""

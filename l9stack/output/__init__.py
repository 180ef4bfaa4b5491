"""The only writer of generated trees: store, view, diff, patches, and deliveries into other folders."""

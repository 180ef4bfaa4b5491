"""Commands that show and change nothing: graph, settings, manifest, this machine."""

"""The embedded runtime: servers from wheels, supervision, agent host. No Pulumi here."""

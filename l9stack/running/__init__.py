"""A deployed stack as it is now: where its parts answer, how they are, what they log. No Pulumi, so it is fast."""

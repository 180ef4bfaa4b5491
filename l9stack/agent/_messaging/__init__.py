"""What agents say to each other: packets over HTTP, events on Redis Streams, each handled once."""

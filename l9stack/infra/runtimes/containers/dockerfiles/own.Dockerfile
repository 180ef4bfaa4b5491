# The environment of a collection's agents with the user's own functions.
ARG BASE
FROM ${BASE}
COPY implementations /srv/implementations
USER 65534:65534

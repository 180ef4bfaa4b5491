# An agent's base with the user's own functions. The context is their folder.
ARG BASE
FROM ${BASE}
COPY . /srv/implementations
USER 65534:65534

# One agent's generated files, as they lie in the store.
ARG BASE
FROM ${BASE}
COPY code /srv/agent/code
COPY manifests /srv/agent/manifests
USER 65534:65534

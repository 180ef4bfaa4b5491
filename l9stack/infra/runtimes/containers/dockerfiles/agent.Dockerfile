# One agent's generated files.
ARG BASE
FROM ${BASE}
COPY code /srv/agent/code
COPY manifests /srv/agent/manifests
USER 65534:65534

# The environment of a collection's agents with pytest, everybody's generated files and their tests. No agent runs on it.
ARG BASE
FROM ${BASE} AS tools
USER 0:0
COPY requirements.txt /tmp/requirements.txt
RUN python -m pip install --no-cache-dir --disable-pip-version-check --no-input --require-hashes --no-deps \
    --only-binary=:all: --target /opt/tools -r /tmp/requirements.txt

FROM ${BASE}
COPY --from=tools /opt/tools /opt/tools
COPY code /srv/code
COPY manifests /srv/manifests
COPY tests /srv/tests
ENV PYTHONPATH=/opt/l9:/opt/packages:/opt/tools
USER 65534:65534

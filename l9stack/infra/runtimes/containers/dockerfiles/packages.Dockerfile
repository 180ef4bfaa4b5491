# An agent's base with the packages of the collection's own lock. What the base has already comes first.
ARG BASE
FROM ${BASE} AS packages
USER 0:0
COPY requirements.txt /tmp/requirements.txt
RUN python -m pip install --no-cache-dir --disable-pip-version-check --no-input --require-hashes \
    --only-binary=:all: --target /opt/packages -r /tmp/requirements.txt

FROM ${BASE}
COPY --from=packages /opt/packages /opt/packages
ENV PYTHONPATH=/opt/l9:/opt/packages
USER 65534:65534

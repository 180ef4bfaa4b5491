# Python, what agents need by the lock alone, and the library that they import.
ARG BASE
FROM ${BASE} AS packages
COPY requirements.txt /tmp/requirements.txt
RUN python -m pip install --no-cache-dir --disable-pip-version-check --no-input --require-hashes --no-deps \
    --only-binary=:all: --target /opt/l9 -r /tmp/requirements.txt
COPY l9stack /opt/l9/l9stack
RUN python -m compileall -q /opt/l9/l9stack

FROM ${BASE}
COPY --from=packages /opt/l9 /opt/l9
ENV PYTHONPATH=/opt/l9 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 65534:65534

# Python, what agents need by the lock alone, and the library that they import. The context is the package `l9stack`.
FROM python:3.11.13-slim-bookworm AS packages
COPY infra/runtimes/agent_requirements.txt /tmp/requirements.txt
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes --no-deps --only-binary=:all: \
    --target /opt/l9 -r /tmp/requirements.txt
COPY __init__.py /opt/l9/l9stack/
COPY agent /opt/l9/l9stack/agent
RUN python -m compileall -q /opt/l9/l9stack

FROM python:3.11.13-slim-bookworm
COPY --from=packages /opt/l9 /opt/l9
ENV PYTHONPATH=/opt/l9 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 65534:65534

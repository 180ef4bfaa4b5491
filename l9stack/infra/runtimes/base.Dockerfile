# Python and l9stack with its dependencies; built from the project's folder.
FROM python:3.11-slim
COPY pyproject.toml README.md /src/
COPY l9stack /src/l9stack
COPY templates /src/templates
RUN pip install --no-cache-dir --only-binary=:all: --no-binary=l9stack /src && rm -rf /src
USER 65534:65534

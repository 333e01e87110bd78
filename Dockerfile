# syntax=docker/dockerfile:1
# plansync in a container: see docs/docker.md. Build: docker build -t plansync .
FROM python:3.11.14-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /app
COPY requirements/run.txt requirements/run.txt
RUN /app/bin/pip install --require-hashes -r requirements/run.txt
COPY pyproject.toml setup.py README.md LICENSE ./
COPY bot bot
COPY webhooks webhooks
COPY templates templates
RUN /app/bin/pip install --no-deps --no-build-isolation . \
 && /app/bin/python -m compileall -q /app/lib

FROM python:3.11.14-slim-bookworm
LABEL org.opencontainers.image.title="plansync" \
      org.opencontainers.image.description="Keeps markdown plans and GitHub issues the same thing." \
      org.opencontainers.image.licenses="MIT"
ENV PATH=/app/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=3000 \
    LOG_FORMAT=json \
    PLANSYNC_DATA_DIR=/data
COPY --from=build /app /app
RUN groupadd --gid 10001 plansync \
 && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin plansync \
 && install -d -o 10001 -g 10001 -m 0700 /data
USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/healthz\", timeout=4)"]
CMD ["plansync", "serve"]

# NC Connect: one image for every role. What it runs is named in docker-compose.yml:
#   python -m ncconnect.processes web|worker|beat      python manage.py migrate

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
RUN apt-get update \
 && apt-get install --yes --no-install-recommends gettext \
 && rm -rf /var/lib/apt/lists/*
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
COPY requirements/production.lock /tmp/production.lock
# "-mavx2" builds argon2 for processors that have AVX2: a hash then costs half (docs/deployment.md).
ARG ARGON2_CFLAGS=
RUN if [ -n "$ARGON2_CFLAGS" ]; then \
      apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev \
      && rm -rf /var/lib/apt/lists/* && from_source="--no-binary argon2-cffi-bindings"; \
    fi \
 && CFLAGS="$ARGON2_CFLAGS" pip install --require-hashes --only-binary :all: $from_source \
      --requirement /tmp/production.lock
WORKDIR /app
COPY . .
# Demonstration mode, here alone: nothing of a site's configuration is known while the image is made.
RUN export DEMO_MODE=1 DATA_DIR=/tmp/build STATIC_ROOT=/app/collected \
 && python manage.py compilemessages --verbosity 0 \
 && python manage.py collectstatic --no-input --verbosity 0 \
 && python -m compileall -q accounts ncconnect oidc_provider \
 && rm -rf /tmp/build

FROM python:3.13-slim
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin ncconnect
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    BIND=0.0.0.0 \
    PORT=8000 \
    STATIC_ROOT=/app/collected \
    DATA_DIR=/state
RUN install --directory --owner ncconnect --group ncconnect /state
WORKDIR /app
USER ncconnect
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/sante/vivant', timeout=2)"]
CMD ["python", "-m", "ncconnect.processes", "web"]

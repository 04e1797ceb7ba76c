# NC Connect: one image for every role. What it runs is named in docker-compose.yml:
#   python -m ncconnect.processes web|worker|beat      python manage.py migrate

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
RUN apt-get update \
 && apt-get install --yes --no-install-recommends gettext gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
COPY requirements/production.lock requirements/build.lock requirements/argon2.sh /build/requirements/
RUN pip install --require-hashes --only-binary :all: --requirement /build/requirements/production.lock
# For processors with AVX2, a second argon2 whose hash costs 0.6 times the CPU; each machine that runs
# the image takes the one that it can (ncconnect/processors.py).
RUN /build/requirements/argon2.sh /venv && test -e /venv/argon2-avx2/built -o "$(uname -m)" != x86_64
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

# One recipe for every image: docker build --build-arg SERVICE=svc-linkers -t mspbyte/svc-linkers:dev .
# SERVICE is a member of the workspace: a service, mspctl or vendor-sim. `make images` builds them all.
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS build
ARG UV_VERSION=0.13.9
# An index of one's own, where there is one; proxies need no mention.
ARG PIP_INDEX_URL
ARG UV_DEFAULT_INDEX
RUN --mount=type=cache,target=/root/.cache/pip \
    python3 -m venv /uv && /uv/bin/python -m pip install --quiet --disable-pip-version-check "uv==${UV_VERSION}"
WORKDIR /src
COPY . .
ARG SERVICE
# Times are those of no day: equal sources on an equal base give equal layers.
ENV SOURCE_DATE_EPOCH=0 \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_PROGRESS=1 \
    UV_PROJECT_ENVIRONMENT=/app \
    UV_PYTHON_DOWNLOADS=never
RUN --mount=type=cache,target=/root/.cache/uv \
    test -n "${SERVICE}" \
    && /uv/bin/uv sync --quiet --frozen --no-dev --no-editable --package "${SERVICE}" \
    && ln -s "${SERVICE}" /app/bin/start \
    && find /app -name uv_cache.json -delete && sed -i /uv_cache.json/d /app/lib/python*/site-packages/*.dist-info/RECORD \
    && mkdir -p /image /owned/volumes/estate /owned/volumes/jetstream /owned/volumes/nats && mv /app /image \
    && find /image /owned -exec touch --no-dereference --date=@0 {} +

FROM ${PYTHON_IMAGE}
ARG SERVICE
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="mspbyte/${SERVICE}" \
      org.opencontainers.image.description="MSPByte pipeline: ${SERVICE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /image /
# An empty volume takes the owner of the folder it is first mounted on.
COPY --from=build --chown=10001:10001 /owned /
ENV PATH=/app/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MSPBYTE_HTTP_HOST=0.0.0.0 \
    MSPBYTE_HTTP_PORT=8080
USER 10001:10001
WORKDIR /tmp
STOPSIGNAL SIGTERM
# Of services; whoever runs another image says what its health is.
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f'http://127.0.0.1:{os.environ[\"MSPBYTE_HTTP_PORT\"]}/readyz', timeout=8)"]
ENTRYPOINT ["/app/bin/start"]

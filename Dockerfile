# The product in one image. `docker compose up` builds and starts it.
FROM python:3.12-slim AS build
WORKDIR /build
COPY requirements-image.lock pyproject.toml README.md LICENSE ./
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes --requirement requirements-image.lock \
 && /venv/bin/pip install --no-cache-dir hatchling
COPY src src
COPY packs packs
RUN /venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
 && /venv/bin/pip uninstall --yes hatchling

FROM python:3.12-slim
RUN useradd --create-home --uid 10001 antiphon && mkdir /data && chown antiphon /data
COPY --from=build /venv /venv
USER antiphon
ENV PATH=/venv/bin:$PATH DATA_DIR=/data HOST=0.0.0.0 PORT=8000
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
CMD ["antiphon", "serve"]

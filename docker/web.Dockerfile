# The web process: pages, API, uploads. Neither torch nor MediaPipe is inside.
FROM node:24.11.1-bookworm-slim AS vendor
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts

FROM python:3.12.12-slim-bookworm AS packages
COPY requirements/uv.txt requirements/web.txt /requirements/
RUN python -m pip install --no-cache-dir --no-deps --require-hashes -r /requirements/uv.txt \
    && uv venv --no-config /opt/venv \
    && uv pip sync --no-cache --python /opt/venv/bin/python --require-hashes /requirements/web.txt

FROM python:3.12.12-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    SEVENTH_VAR_DIR=/tmp/seventh MEDIA_ROOT=/media
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin seventh \
    && install -d -o seventh -g seventh -m 0700 /media
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY --from=vendor /build/node_modules/plotly.js-cartesian-dist-min/plotly-cartesian.min.js static_vendor/plotly.min.js
COPY manage.py docker/healthy.py ./
COPY analysis/__init__.py analysis/
COPY analysis/contracts analysis/contracts
# Cards of the weights that ship, not the weights: those are read by workers alone.
COPY analysis/weights/shipped/README.md analysis/weights/shipped/*.toml analysis/weights/shipped/
COPY clinic clinic
COPY tasks tasks
COPY templates templates
COPY static static
RUN SEVENTH_VAR_DIR=/tmp/build MEDIA_ROOT=/tmp/build/media python manage.py collectstatic --noinput && rm -rf /tmp/build
USER 10001
VOLUME /media
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["python", "healthy.py", "web"]
CMD ["gunicorn", "clinic.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--timeout", "120", "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--access-logfile", "-"]

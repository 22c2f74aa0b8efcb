# A worker for light tasks: the sweep, copies of recordings for browsers. Also runs beat, the clock of the sweep.
FROM python:3.12.12-slim-bookworm AS packages
COPY requirements/uv.txt requirements/light.txt /requirements/
RUN python -m pip install --no-cache-dir --no-deps --require-hashes -r /requirements/uv.txt \
    && uv venv --no-config /opt/venv \
    && uv pip sync --no-cache --python /opt/venv/bin/python --require-hashes /requirements/light.txt

FROM python:3.12.12-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    SEVENTH_VAR_DIR=/tmp/seventh MEDIA_ROOT=/media OMP_NUM_THREADS=1
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin seventh \
    && install -d -o seventh -g seventh -m 0700 /media
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY manage.py docker/healthy.py ./
COPY analysis analysis
COPY clinic clinic
COPY tasks tasks
COPY templates templates
USER 10001
VOLUME /media
HEALTHCHECK --interval=60s --timeout=20s --start-period=30s CMD ["python", "healthy.py", "worker"]
CMD ["celery", "-A", "tasks", "worker", "--queues", "light", "--concurrency", "2", "--without-gossip", "--without-mingle", "--loglevel", "INFO"]

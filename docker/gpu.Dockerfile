# The analysis worker. The torch wheel brings CUDA 13 along; the host needs NVIDIA's driver and container toolkit.
# Without a GPU the same image measures on the processor.
FROM python:3.12.12-slim-bookworm AS packages
COPY requirements/uv.txt requirements/base.txt /requirements/
RUN python -m pip install --no-cache-dir --no-deps --require-hashes -r /requirements/uv.txt \
    && uv venv --no-config /opt/venv \
    && uv pip sync --no-cache --python /opt/venv/bin/python --require-hashes /requirements/base.txt

FROM python:3.12.12-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    SEVENTH_VAR_DIR=/tmp/seventh MEDIA_ROOT=/media OMP_WAIT_POLICY=PASSIVE \
    NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin seventh \
    && install -d -o seventh -g seventh -m 0700 /media
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY manage.py docker/healthy.py ./
COPY analysis analysis
COPY clinic clinic
COPY tasks tasks
COPY templates templates
# Every result names the code that made it, and the image has no repository to ask.
ARG SEVENTH_COMMIT=""
ENV SEVENTH_COMMIT=$SEVENTH_COMMIT
USER 10001
VOLUME /media
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s CMD ["python", "healthy.py", "worker"]
CMD ["celery", "-A", "tasks", "worker", "--queues", "gpu", "--concurrency", "1", "--without-gossip", "--without-mingle", "--loglevel", "INFO"]

"""Exit status 0 when this container does its work: `python healthy.py web`, `python healthy.py worker`."""

import http.client
import os
import socket
import sys


def web() -> bool:
    """The page for load balancers answers, so the database does too."""
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=4)
    connection.request("GET", "/healthz", headers={"Host": "localhost"})
    return connection.getresponse().status == 200


def worker() -> bool:
    """The worker on this host answers over the broker."""
    from tasks.celery import app

    name = os.environ.get("WORKER_NAME", f"celery@{socket.gethostname()}")
    return bool(app.control.ping(destination=[name], timeout=10))


if __name__ == "__main__":
    try:
        healthy = {"web": web, "worker": worker}[sys.argv[1]]()
    except Exception as error:  # whatever is wrong, it is not healthy
        sys.exit(f"{type(error).__name__}: {error}")
    sys.exit(0 if healthy else 1)

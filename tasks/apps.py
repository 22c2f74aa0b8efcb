from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "tasks"

    def ready(self) -> None:
        """Make our Celery application the current one, so that web processes send to the right broker."""
        from tasks import celery  # noqa: F401

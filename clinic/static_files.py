"""Static files that come inside Python wheels: the fallback where front-end packages were not fetched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.storage import FileSystemStorage, Storage

PLOTLY = "vendor/plotly.min.js"  # pages name this path; the smaller npm build takes it over when it is there


def plotly_in_wheel() -> Path:
    """The wheel's own plotly.js, found without importing plotly. Raises FileNotFoundError without the wheel."""
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("plotly is not installed")
    return Path(spec.origin).parent / "package_data" / "plotly.min.js"


class WheelFinder(BaseFinder):
    """Answers `vendor/plotly.min.js` from the plotly wheel unless `static_vendor/plotly.min.js` exists."""

    def _offers(self) -> bool:
        return not (settings.STATIC_VENDOR / "plotly.min.js").is_file()

    def find(self, path: str, find_all: bool = False, **_kwargs: Any) -> Any:
        hit = str(plotly_in_wheel()) if path == PLOTLY and self._offers() else None
        if find_all:
            return [hit] if hit else []
        return hit

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        source = plotly_in_wheel()
        if self._offers() and not matches_patterns(source.name, list(ignore_patterns or [])):
            storage = FileSystemStorage(location=str(source.parent))
            storage.prefix = "vendor"  # type: ignore[attr-defined]  # collectstatic reads it, as for STATICFILES_DIRS
            yield source.name, storage

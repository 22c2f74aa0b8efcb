"""The page that describes the API, for a person with a browser."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import redirect_to_login
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.exceptions import NotAuthenticated


class DocsView(SpectacularSwaggerSplitView):
    """A page, so who is not logged in comes to the log-in form; the API itself answers programs with 401."""

    url_name = "api-schema"
    template_name = "clinic/api_docs.html"

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, NotAuthenticated):
            return redirect_to_login(self.request.get_full_path())
        return super().handle_exception(exc)

"""A courtesy limit, counted in each process: it costs no write. Whoever is not logged in gets 401 before any of it."""

from django.core.cache import caches
from rest_framework.throttling import UserRateThrottle


class UserRate(UserRateThrottle):
    cache = caches["process"]

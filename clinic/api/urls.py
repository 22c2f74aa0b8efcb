"""/api/v1/..., its OpenAPI description, and a page to read and try it that needs nothing from elsewhere."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from clinic.api import correspondence, grades, views
from clinic.api.docs import DocsView

router = SimpleRouter()
router.register("patients", views.PatientViewSet, basename="patient")
router.register("episodes", views.EpisodeViewSet, basename="episode")
router.register("sessions", views.SessionViewSet, basename="session")
router.register("videos", views.VideoViewSet, basename="video")
router.register("runs", views.RunViewSet, basename="run")
router.register("assessments", views.AssessmentViewSet, basename="assessment")
router.register("grades", grades.GradeViewSet, basename="grade")
router.register("notes", correspondence.NoteViewSet, basename="note")
router.register("messages", correspondence.MessageViewSet, basename="message")

session_record = grades.SessionRecord.as_view()
urlpatterns = [
    path(
        "v1/",
        include(([*router.urls, path("sessions/<uuid:pk>/record/", session_record, name="session-record")], "api")),
    ),
    # A fixed version: else the library writes whatever stands in ?version= into a header.
    path("schema/", SpectacularAPIView.as_view(api_version="1"), name="api-schema"),
    path("docs/", DocsView.as_view(), name="api-docs"),
]

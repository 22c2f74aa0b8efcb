"""All addresses: each views module names its own, none needs a prefix but the API and Django's administration."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from clinic.admin import hide_foreign_pages

# Django's own log-in form knows no limit of attempts; staff come in through the same door as everybody.
admin.autodiscover()
hide_foreign_pages()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", include("clinic.views.home")),
    path("", include("clinic.views.patient_pages")),
    path("", include("clinic.views.my_messages")),
    path("", include("clinic.views.runs")),
    path("", include("clinic.views.worklist")),
    path("", include("clinic.views.patient")),
    path("", include("clinic.views.course_data")),
    path("", include("clinic.views.course_records")),
    path("", include("clinic.views.session")),
    path("", include("clinic.views.reports")),
    path("", include("clinic.views.exports")),
    path("", include("clinic.views.reviews")),
    path("", include("clinic.views.releases")),
    path("", include("clinic.views.correspondence")),
    path("", include("clinic.views.grading")),
    path("", include("clinic.views.corrections")),
    path("", include("clinic.views.frames")),
    path("", include("clinic.views.compare")),
    path("", include("clinic.views.administration")),
    path("", include("clinic.views.media")),
    path("", include("clinic.views.account")),
    path("", include("clinic.views.health")),
    path("django-admin/", admin.site.urls),
    path("api/", include("clinic.api.urls")),
]

handler400 = "clinic.errors.bad_request"
handler403 = "clinic.errors.permission_denied"
handler404 = "clinic.errors.page_not_found"
handler500 = "clinic.errors.server_error"

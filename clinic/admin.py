"""Django's own administration: mostly to look, and every look at a patient's rows is on the audit trail.

Clinics, memberships and protocols are edited here; people come in by invitation, records change through the pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from allauth.account.models import EmailAddress, EmailConfirmation
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from rest_framework.authtoken.models import TokenProxy

from clinic import models
from clinic.charts import words
from clinic.services import audit

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
else:
    ModelAdmin = admin.ModelAdmin
    TabularInline = admin.TabularInline


class Looking(ModelAdmin):
    """Shows rows and changes none; a look at one, or at a list, of a patient's rows is noted."""

    list_per_page = 50

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row = super().get_object(request, object_id, from_field)
        if row is not None and audit.patient_of(row) is not None:
            audit.record(actor=request.user, action="view", obj=row)
        return row

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        shown = getattr(response, "context_data", None) or {}
        if "cl" in shown and isinstance(request.user, models.User):
            audit.record_list(
                actor=request.user, model=self.model, patient_ids=_patients(list(shown["cl"].result_list))
            )
        return response


def _patients(rows: list[Model]) -> list[UUID]:
    return [patient.pk for row in rows if (patient := audit.patient_of(row))]


@admin.register(models.Organisation)
class OrganisationAdmin(ModelAdmin):
    list_display = ["name", "created_at"]
    search_fields = ["name"]


@admin.register(models.Membership)
class MembershipAdmin(ModelAdmin):
    list_display = ["user", "organisation", "role"]
    list_filter = ["organisation", "role"]
    list_select_related = ["user", "organisation"]
    autocomplete_fields = ["user", "organisation"]


@admin.register(models.User)
class UserAdmin(ModelAdmin):
    """Who may come in. Passwords are set by their owners alone."""

    list_display = ["name", "email", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["name", "email"]
    fields = ["name", "email", "is_active", "is_staff", "last_login", "date_joined"]
    readonly_fields = ["email", "last_login", "date_joined"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ProtocolExerciseInline(TabularInline):
    model = models.ProtocolExercise
    extra = 0

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Stored as codes, chosen in words."""
        kwargs["choices"] = [("", "---------"), *((code, words.exercise(code)) for code, _ in db_field.choices)]
        return super().formfield_for_choice_field(db_field, request, **kwargs)


@admin.register(models.Protocol)
class ProtocolAdmin(ModelAdmin):
    list_display = ["name", "organisation", "is_default"]
    list_select_related = ["organisation"]
    inlines = [ProtocolExerciseInline]


@admin.register(models.CareTeam)
class CareTeamAdmin(Looking):
    list_display = ["name", "organisation"]
    list_select_related = ["organisation"]


@admin.register(models.Invitation)
class InvitationAdmin(Looking):
    """Without the link: whoever reads it could use it."""

    list_display = ["email", "role", "organisation", "expires_at", "accepted_at"]
    list_select_related = ["organisation", "patient"]


@admin.register(models.Patient)
class PatientAdmin(Looking):
    list_display = ["name", "record_number", "organisation", "is_fictional"]
    list_filter = ["organisation", "is_fictional"]
    list_select_related = ["organisation"]
    search_fields = ["name", "record_number"]


@admin.register(models.Episode)
class EpisodeAdmin(Looking):
    list_display = ["patient", "side", "cause", "onset_date"]
    list_filter = ["side", "cause"]
    list_select_related = ["patient"]


@admin.register(models.TreatmentEvent)
class TreatmentEventAdmin(Looking):
    list_display = ["episode", "kind", "started_on", "ended_on"]
    list_select_related = ["episode__patient"]


@admin.register(models.Consent)
class ConsentAdmin(Looking):
    list_display = ["patient", "purpose", "text_version", "given_at", "withdrawn_at"]
    list_select_related = ["patient"]


@admin.register(models.Session)
class SessionAdmin(Looking):
    list_display = ["patient", "recorded_at", "reviewed_at"]
    list_select_related = ["patient"]
    date_hierarchy = "recorded_at"


@admin.register(models.Video)
class VideoAdmin(Looking):
    """Without a link to the file: videos are played on the session's page."""

    list_display = ["session", "extension", "bytes", "mirrored", "is_synthetic", "created_at"]
    list_select_related = ["session__patient"]
    exclude = ["file", "playback"]


@admin.register(models.AnalysisRun)
class AnalysisRunAdmin(Looking):
    list_display = ["id", "state", "attempt", "queued_at", "finished_at", "worker", "error_code"]
    list_filter = ["state", "error_code"]
    list_select_related = ["video__session__patient"]
    exclude = ["series"]


@admin.register(models.Assessment)
class AssessmentAdmin(Looking):
    list_display = ["patient", "recorded_at", "days_since_onset", "hb_grade", "quality_score", "method", "is_current"]
    list_filter = ["is_current", "method"]
    list_select_related = ["patient", "session__patient"]


@admin.register(models.Cohort)
class CohortAdmin(Looking):
    list_display = ["name", "organisation", "cause", "side"]
    list_select_related = ["organisation"]


@admin.register(models.WorkerBeat)
class WorkerBeatAdmin(Looking):
    list_display = ["worker", "queue", "seen_at"]


@admin.register(models.AuditEvent)
class AuditEventAdmin(Looking):
    list_display = ["created_at", "actor", "action", "object_type", "object_id", "patient", "address"]
    list_filter = ["action", "object_type"]
    list_select_related = ["actor", "patient"]
    date_hierarchy = "created_at"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return ModelAdmin.changelist_view(self, request, extra_context)  # else each look would add a page to the trail


def hide_foreign_pages() -> None:
    """Take away what other apps registered: API keys in plain text, addresses changed past the account, unused groups.

    Called by clinic.urls once every app has registered.
    """
    for model in (TokenProxy, EmailAddress, EmailConfirmation, Group):
        if admin.site.is_registered(model):
            admin.site.unregister(model)

"""Members of a clinic and their invitations; the public page behind an invitation's link."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.errors import ClinicError, Conflict
from clinic.forms.administration import AcceptForm, InvitationForm
from clinic.models import Invitation, Membership, User
from clinic.selectors import people as selector
from clinic.services import people
from clinic.views.requests import administered, signed_in

_FRESH = "fresh_invitation"  # the session's key for the one invitation whose link is shown next


def _site(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


@require_safe
def people_list(request: HttpRequest) -> HttpResponse:
    organisation = administered(request)
    invitations = selector.open_invitations(organisation)
    fresh = invitations.filter(pk=request.session.pop(_FRESH, None)).first()
    context = {
        "organisation": organisation,
        "members": selector.members_of(organisation),
        "invitations": invitations,
        "fresh": fresh,
        "link": people.link_of(fresh, _site(request)) if fresh else "",
        "mails_leave": people.mails_leave(),
    }
    return render(request, "clinic/administration/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def invitation_new(request: HttpRequest) -> HttpResponse:
    organisation = administered(request)
    first = {"role": request.GET.get("role", "clinician"), "patient": request.GET.get("patient")}
    form = InvitationForm(request.POST or None, organisation=organisation, initial=first)
    if not people.mails_leave():
        form.fields["email"].help_text = "For logging in. No mail server is set up here: you get the link to hand over."
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                invitation = people.invite(
                    organisation=organisation, invited_by=signed_in(request), site=_site(request), **form.cleaned_data
                )
            except ClinicError as error:
                form.add_error(None, error.message)
            else:
                request.session[_FRESH] = str(invitation.pk)
                return redirect("people")
    context = {"form": form, "organisation": organisation, "mails_leave": people.mails_leave()}
    return render(request, "clinic/administration/invitation_new.html", context, status=status)


@require_POST
def invitation_revoke(request: HttpRequest, pk: UUID) -> HttpResponse:
    invitation = get_object_or_404(Invitation, pk=pk, organisation=administered(request))
    try:
        people.revoke(invitation=invitation, by=signed_in(request))
        messages.success(request, f"The invitation of {invitation.name} is ended.")
    except Conflict as error:
        messages.warning(request, error.message)
    return redirect("people")


@require_POST
def membership_remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    membership = get_object_or_404(Membership, pk=pk, organisation=administered(request))
    try:
        people.remove_member(membership=membership, by=signed_in(request))
        role = membership.get_role_display().lower()
        messages.success(request, f"{membership.user} is no {role} of this clinic any more.")
    except Conflict as error:
        messages.warning(request, error.message)
    return redirect("people")


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_accept(request: HttpRequest, token: str) -> HttpResponse:
    """A new account with its password, or a further role for the person who is logged in."""
    invitation = people.open_invitation(token)
    account = people.account_for(invitation)
    user = request.user if isinstance(request.user, User) else None
    form = AcceptForm(request.POST or None, initial={"name": invitation.name})
    if request.method == "POST" and (user is not None or form.is_valid()):
        try:
            return _accepted(request, invitation, form, user)
        except ClinicError as error:
            form.add_error("password" if error.code == "weak_password" else None, error.message)
    context = {
        "invitation": invitation,
        "form": form,
        "has_account": account is not None,
        "is_owner": account is not None and user == account,
        "is_other": user is not None and user != account,
    }
    return render(
        request, "clinic/invitation_accept.html", context, status=422 if form.is_bound and form.errors else 200
    )


def _accepted(request: HttpRequest, invitation: Invitation, form: AcceptForm, user: User | None) -> HttpResponse:
    words = {} if user else {"name": form.cleaned_data["name"], "password": form.cleaned_data["password"]}
    person = people.accept(invitation=invitation, user=user, **words)
    if user is None:
        login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
    messages.success(request, f"Welcome to {invitation.organisation.name}.")
    return redirect("home")


urlpatterns = [
    path("administration/people/", people_list, name="people"),
    path("administration/people/invite/", invitation_new, name="invitation-new"),
    path("administration/invitations/<uuid:pk>/revoke/", invitation_revoke, name="invitation-revoke"),
    path("administration/memberships/<uuid:pk>/remove/", membership_remove, name="membership-remove"),
    path("invitation/<str:token>/", invitation_accept, name="invitation-accept"),
]

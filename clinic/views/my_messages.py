"""The patient's side of the messages. Works without script; with it, opening the page marks them as read."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from clinic.errors import ClinicError
from clinic.forms.correspondence import MessageForm
from clinic.selectors import correspondence as reading
from clinic.services import correspondence
from clinic.views.patient_pages import own_record
from clinic.views.requests import signed_in


@require_http_methods(["GET", "HEAD", "POST"])
def my_messages(request: HttpRequest) -> HttpResponse:
    patient, user = own_record(request), signed_in(request)
    form = MessageForm(request.POST or None, auto_id="message-%s")
    status = 200
    if request.method == "POST":
        status = 422
        try:
            if form.is_valid():
                correspondence.send_to_team(patient=patient, text=form.cleaned_data["text"])
                messages.success(
                    request, "Your message is sent. Your clinic sees it the next time it opens your record."
                )
                return redirect("my-messages")
        except ClinicError as error:
            form.add_error("text", error.message)
    letters = reading.thread(patient=patient, user=user)
    context = {
        "patient": patient,
        "letters": letters,
        "unread": sum(letter.is_unread for letter in letters),
        "form": form,
    }
    return render(request, "clinic/my_messages.html", context, status=status)


@require_POST
def my_messages_read(request: HttpRequest) -> HttpResponse:
    correspondence.mark_read(patient=own_record(request), by=signed_in(request))
    if request.headers.get("HX-Request"):  # the marks stay for this one reading
        return HttpResponse(status=204)
    return redirect("my-messages")


urlpatterns = [
    path("me/messages/", my_messages, name="my-messages"),
    path("me/messages/read/", my_messages_read, name="my-messages-read"),
]

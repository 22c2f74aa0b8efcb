"""Icons, the navigation of a role, and whether this is the demonstration: what base.html is made of."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.forms import BaseForm, BoundField
from django.template.context import Context
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from clinic.selectors.navigation import NavigationItem, navigation_of

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "", size: str = "") -> SafeString:
    """One symbol of static/icons.svg; without a label it is decoration and hidden from screen readers."""
    css = "icon icon--large" if size == "large" else "icon"
    href = f"{static('icons.svg')}#{name}"
    if label:
        return format_html('<svg class="{}" role="img" aria-label="{}"><use href="{}"/></svg>', css, label, href)
    return format_html('<svg class="{}" aria-hidden="true" focusable="false"><use href="{}"/></svg>', css, href)


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> list[NavigationItem]:
    """The pages this person may open, the one they are on marked; nothing for a visitor."""
    request = context.get("request")
    return navigation_of(request.user, request.path) if request and hasattr(request, "user") else []


@register.simple_tag
def is_demo() -> bool:
    return bool(settings.DEMO)


@register.filter
def words(text: str) -> list[str]:
    """The words of a text, to go through them in a template."""
    return text.split()


@register.filter
def field(form: BaseForm, name: str) -> BoundField:
    return form[name]

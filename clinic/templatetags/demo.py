"""The demonstration's log-ins, for the log-in page alone."""

from __future__ import annotations

from django import template

from clinic.selectors.demo import DemoLogins, demo_logins_offered

register = template.Library()


@register.simple_tag
def demo_logins() -> DemoLogins | None:
    return demo_logins_offered()

"""The first accepted session is pinned by itself; that a clinician wants none is a row too."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def forget_none(apps: Any, _editor: Any) -> None:
    """On the way back: before, no row meant no reference."""
    apps.get_model("clinic", "PinnedRest").objects.filter(session=None).delete()


class Migration(migrations.Migration):
    dependencies = [("clinic", "0008_shipped_weights")]

    operations = [
        migrations.AddField(
            model_name="pinnedrest",
            name="is_automatic",
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name="pinnedrest",
            name="session",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="pinned_by",
                to="clinic.session",
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_none),
    ]

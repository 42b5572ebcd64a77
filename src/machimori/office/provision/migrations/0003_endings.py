# SPDX-License-Identifier: AGPL-3.0-or-later
"""How a case ends without footage; a fact that no person made."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0002_what_the_database_enforces"),
        ("provision", "0002_the_head_of_a_case"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="fact",
            name="provision_kind",
        ),
        migrations.RemoveConstraint(
            model_name="fact",
            name="provision_state",
        ),
        migrations.AlterField(
            model_name="fact",
            name="by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.person",
            ),
        ),
        migrations.AddConstraint(
            model_name="fact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "consulted",
                            "taken_in",
                            "amended",
                            "correction_asked",
                            "document_arrived",
                            "drafted",
                            "narrowed",
                            "signed",
                            "sent_back",
                            "authorised",
                            "declined",
                            "ordered",
                            "found_nothing",
                            "took_back",
                            "ran_out",
                            "stopped",
                            "told",
                        ],
                    )
                ),
                name="provision_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="fact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "consultation",
                            "received",
                            "awaiting_correction",
                            "under_decision",
                            "approved",
                            "instructed",
                            "refused",
                            "not_found",
                            "withdrawn",
                            "lapsed",
                            "revoked",
                            "informed",
                        ],
                    )
                ),
                name="provision_state",
            ),
        ),
    ]

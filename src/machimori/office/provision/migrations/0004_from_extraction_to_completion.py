# SPDX-License-Identifier: AGPL-3.0-or-later

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0002_what_the_database_enforces"),
        ("provision", "0003_endings"),
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
                            "extraction_begun",
                            "extracted",
                            "extraction_failed",
                            "fetched",
                            "written",
                            "checked",
                            "check_failed",
                            "handed_over",
                            "copy_settled",
                            "completed",
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
                            "extracting",
                            "awaiting_check",
                            "ready_for_handover",
                            "provided",
                            "closed",
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

# SPDX-License-Identifier: AGPL-3.0-or-later

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0002_what_the_database_enforces"),
        ("provision", "0005_deputies"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="fact",
            name="provision_state",
        ),
        migrations.RemoveConstraint(
            model_name="fact",
            name="provision_kind",
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
                            "deputised",
                            "reviewed",
                            "sent_back",
                            "authorised",
                            "declined",
                            "ordered",
                            "attendee_permitted",
                            "viewing_begun",
                            "selected",
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
                            "reviewing",
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

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The round of a draft: who agreed to it, and who sent it back from there."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0003_what_managers_issue"),
        ("provision", "0008_decided_elsewhere"),
    ]

    operations = [
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
                            "agreed",
                            "handed_back",
                            "narrowed",
                            "decided_elsewhere",
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
    ]

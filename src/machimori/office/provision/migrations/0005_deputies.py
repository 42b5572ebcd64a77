# SPDX-License-Identifier: AGPL-3.0-or-later
"""A deputy's signature and the manager's 後閲."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0002_what_the_database_enforces"),
        ("provision", "0004_from_extraction_to_completion"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="fact",
            name="provision_kind",
        ),
        migrations.AddIndex(
            model_name="fact",
            index=models.Index(
                condition=models.Q(("kind__in", ("deputised", "reviewed"))),
                fields=["case"],
                name="provision_deputised",
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
                            "deputised",
                            "reviewed",
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
    ]

# SPDX-License-Identifier: AGPL-3.0-or-later

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0002_what_the_database_enforces"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="appointment",
            name="people_appointment_post",
        ),
        migrations.AddField(
            model_name="person",
            name="password_provisional",
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name="appointment",
            name="post",
            field=models.CharField(
                choices=[
                    ("system_manager", "管理責任者"),
                    ("handling_supervisor", "取扱責任者"),
                    ("operator", "取扱者"),
                    ("viewer", "視聴者"),
                    ("police_image_manager", "画像管理責任者（警察）"),
                    ("police_operator", "画像取扱者（警察）"),
                    ("guard", "警備員"),
                    ("auditor", "監査"),
                    ("system_administrator", "システム担当"),
                    ("host", "設置世帯・事業所"),
                    ("installer", "設置者"),
                ],
                max_length=40,
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "post__in",
                        (
                            "system_manager",
                            "handling_supervisor",
                            "operator",
                            "viewer",
                            "police_image_manager",
                            "police_operator",
                            "guard",
                            "auditor",
                            "system_administrator",
                            "host",
                            "installer",
                        ),
                    )
                ),
                name="people_appointment_post",
            ),
        ),
    ]

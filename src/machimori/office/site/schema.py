# SPDX-License-Identifier: AGPL-3.0-or-later
"""The schema of a new office, made from the models at once (ADR 0908).

Django's migrations build every model again for each of their steps, which takes as long as all else
that an office's beginning needs. An empty database therefore gets what the migrations come to: the
tables of the models, then the statements that migrations hold as SQL, and all of them on record as
applied. A test makes both and compares column by column, so that neither can drift.
"""

from django.apps import apps
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection, transaction
from django.db.migrations import RunSQL
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState


def make() -> bool:
    """Make the tables in a database without any; whether it did. All of it or nothing.

    Django is configured with the connection string of `database.prepare`.
    """
    with transaction.atomic():
        executor = MigrationExecutor(connection)
        if executor.loader.applied_migrations:
            return False
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        with connection.schema_editor() as editor:
            for model in apps.get_models():
                if model._meta.managed:
                    editor.create_model(model)
        executor.recorder.ensure_schema()
        # SQL looks at no state.
        none = ProjectState()
        with connection.schema_editor() as editor:
            for migration, _ in plan:
                for operation in migration.operations:
                    if isinstance(operation, RunSQL):
                        operation.database_forwards(migration.app_label, editor, none, none)
                executor.recorder.record_applied(migration.app_label, migration.name)
        emit_post_migrate_signal(verbosity=0, interactive=False, db=connection.alias)
    return True

"""Each index costs every row that is written: none repeats what another one serves already."""

import pytest
from django.apps import apps
from django.db import connection

OURS = ("accounts", "oidc_provider", "audit", "mail", "ratelimit")
MODELS = [model for model in apps.get_models() if model._meta.app_label in OURS]


@pytest.mark.django_db
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_no_index_is_the_beginning_of_another(model):
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, model._meta.db_table)
    indexes = {name: facts for name, facts in found.items() if _is_an_index(facts)}
    repeated = {
        name: other
        for name, facts in indexes.items()
        for other in indexes
        if name != other and not facts["unique"] and _begins(indexes[other], facts)
    }
    assert indexes
    assert not repeated


def _is_an_index(facts: dict) -> bool:
    """A condition or an expression serves questions of its own: neither is told by its columns."""
    return bool(facts["columns"]) and (facts["index"] or facts["unique"] or facts["primary_key"])


def _begins(longer: dict, shorter: dict) -> bool:
    return longer["columns"][: len(shorter["columns"])] == shorter["columns"]

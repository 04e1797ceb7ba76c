"""The list of deliberate breakages is about the code as it is."""

import ast

import pytest

from tests.mutants.breakages import BREAKAGES, broken
from tests.mutants.modules import TESTS
from tests.mutants.tree import ROOT


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda breakage: breakage.what)
def test_each_breakage_still_finds_what_it_breaks(breakage):
    ast.parse(broken(breakage, (ROOT / breakage.file).read_text()))
    assert all((ROOT / place).exists() for place in breakage.tests)


@pytest.mark.parametrize("place", sorted({place for each in BREAKAGES for place in each.tests}))
def test_the_tests_that_are_to_see_it_are_loaded(place):
    """A file that was split or renamed would see nothing, and the breakage be called alive."""
    assert place.startswith(TESTS)

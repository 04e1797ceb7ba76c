"""`next` leads to our own pages and nowhere else."""

import pytest

from accounts import return_to


@pytest.mark.parametrize("path", ["/mon-compte/", "/oidc/authorize?client_id=a&state=b%20c"])
def test_own_paths_are_kept(path):
    assert return_to.own_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "///evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        "/a\nb",
        "/a\tb",
        " /mon-compte/",
        "/" + "a" * 9_000,
    ],
)
def test_anything_else_is_dropped(path):
    assert return_to.own_path(path) == ""


def test_a_path_that_nobody_explains_is_its_own_destination():
    assert return_to.destination("/aide/").url == "/aide/"
    assert return_to.destination("").url == "/mon-compte/"

"""A person who has signed in returns to a path of this site, and to nothing that a browser may take for another."""

from __future__ import annotations

import pytest
from control_plane.people.single_sign_on.errors import SignInFailed
from control_plane.people.single_sign_on.local_targets import local_target

TRICKS = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/%2Fevil.example",
    "/%2fevil.example",
    "/%5Cevil.example",
    "/%255Cevil.example",
    "/%25252Fevil.example",
    "https://evil.example",
    "HTTPS:evil.example",
    "https:/evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "@evil.example",
    "evil.example",
    ".evil.example",
    "?//evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/%09/evil.example",
    "/%0d%0aLocation:%20https://evil.example",
    "/ /evil.example",
    " //evil.example",
    "\x01/evil.example",
    "/\x7f/evil.example",
    "/\u2028/evil.example",
    "/／evil.example",
    pytest.param("/" + "a" * 2000, id="long"),
]


@pytest.mark.parametrize("target", TRICKS)
def test_what_may_lead_elsewhere_is_refused(target: str) -> None:
    with pytest.raises(SignInFailed, match="bad_target"):
        local_target(target)


@pytest.mark.parametrize(
    "target", ["/", "/flags", "/@me", "/a//b", "/a?next=//b", "/a#//b", "/%C3%A9", "/%20x", "/a:b", "/flags?state=on"]
)
def test_a_path_of_this_site_is_returned_as_it_is(target: str) -> None:
    assert local_target(target) == target


@pytest.mark.parametrize("nothing", [None, ""])
def test_without_one_it_is_the_first_page(nothing: str | None) -> None:
    assert local_target(nothing) == "/"

"""The shop's team: who does what, so that reviews and the audit log have faces."""

from __future__ import annotations

from dataclasses import dataclass

from .api import Api

TEAM = (
    ("anna.lindqvist", "Anna Lindqvist", "administrator"),
    ("bert.okafor", "Bert Okafor", "developer"),
    ("carla.mendes", "Carla Mendes", "analyst"),
    ("dmitri.volkov", "Dmitri Volkov", "developer"),
    ("emma.nakamura", "Emma Nakamura", "viewer"),
    ("farid.haddad", "Farid Haddad", "administrator"),
)
GROUPS = {
    "checkout-team": ("Checkout team", ("bert.okafor", "dmitri.volkov")),
    "growth": ("Growth", ("carla.mendes", "bert.okafor")),
}


@dataclass(frozen=True)
class Person:
    id: str
    email: str
    api: Api


def email_of(name: str) -> str:
    return f"{name}@nordwind.example"


async def team(owner: Api, at: str, password: str) -> dict[str, Person]:
    """By the part of the address before the @, signed in; whoever isn't there is invited and accepts. `at`: the path
    of the organization."""
    members = {each["email"]: each for each in (await owner.get(f"{at}/members?limit=200"))["items"]}
    people = {}
    for key, name, role in TEAM:
        email = email_of(key)
        if email in members:
            reset = await owner.post(f"{at}/members/{members[email]['id']}/password-reset")
            used = {"secret": _secret(reset["link"]), "password": password}
            await Api(owner.client).post("/auth/password-resets/use", used)
        else:
            made = await owner.post(f"{at}/invitations", {"email": email, "name": name, "role": role})
            account = {"secret": _secret(made["link"]), "password": password, "name": name}
            await Api(owner.client).post("/auth/invitations/accept", account)
        api = await Api(owner.client).signed_in(email, password)
        people[key] = Person((await api.get("/me"))["id"], email, api)
    return people


async def groups(owner: Api, at: str, people: dict[str, Person]) -> None:
    for key, (name, members) in GROUPS.items():
        await owner.made(f"{at}/groups", {"key": key, "name": name})
        for each in members:
            await owner.put(f"{at}/groups/{key}/members/{people[each].id}", {})


def _secret(link: str) -> str:
    return link.partition("=")[2]

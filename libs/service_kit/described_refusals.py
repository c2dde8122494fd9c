"""What any operation may refuse, told in the document of the API: nobody has to remember it route by route."""

from __future__ import annotations

from typing import Any

from service_kit.problems import PROBLEM_JSON, BadRequest, InvalidInput, TooLarge, problem_responses

_FRAMEWORKS_OWN = ("HTTPValidationError", "ValidationError")
"""Schemas of an answer that no service gives: what is invalid is told as a problem."""
_ANYTHING = {str(status): answer for status, answer in problem_responses(InvalidInput).items()}
_A_BODY = {str(status): answer for status, answer in problem_responses(BadRequest, TooLarge).items()}


def describe_refusals(document: dict[str, Any]) -> None:
    """An address with a parameter that isn't there is refused everywhere, and a body that is no JSON or too long.

    An operation whose refusals have another form than a problem's says them all itself.
    """
    for operations in document["paths"].values():
        for operation in operations.values():
            answers = operation["responses"]
            if any(_FRAMEWORKS_OWN[0] in str(content) for content in _contents(answers.get("422", {}))):
                del answers["422"]
            if any(PROBLEM_JSON in answer.get("content", {}) for answer in answers.values()):
                due = _ANYTHING | (_A_BODY if "requestBody" in operation else {})
                answers.update({status: answer for status, answer in due.items() if status not in answers})
    for name in _FRAMEWORKS_OWN:
        document["components"]["schemas"].pop(name, None)


def _contents(answer: dict[str, Any]) -> list[Any]:
    return list(answer.get("content", {}).values())
